using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Digits of numbers, for UTF-16 (<see cref="char"/>) and UTF-8 (<see cref="byte"/>) alike: the compiler makes
/// one version of each method for either.</summary>
internal static class NumberCodec
{
    /// <summary>The most digits whose every value fits in 64 bits.</summary>
    private const int GroupLength = 10;

    /// <summary>62^10, the value of a digit in front of a group.</summary>
    private const ulong GroupRadix = 839_299_365_868_340_224;

    private static ReadOnlySpan<ulong> PowersOfRadix =>
    [
        1, 62, 3_844, 238_328, 14_776_336, 916_132_832, 56_800_235_584, 3_521_614_606_208, 218_340_105_584_896,
        13_537_086_546_263_552, GroupRadix,
    ];

    public static int CountDigits(ulong value)
    {
        value |= 1; // zero has one digit; no other count depends on the lowest bit
        int bits = BitOperations.Log2(value) + 1;
        int atLeast = (bits * 43) >> 8; // floor(bits / log2(62)), for up to 64 bits
        return atLeast + (value >= PowersOfRadix[atLeast] ? 1 : 0);
    }

    public static int CountDigits(UInt128 value)
    {
        if (value <= ulong.MaxValue)
        {
            return CountDigits((ulong)value);
        }

        UInt128 rest = value / GroupRadix;
        return rest < GroupRadix
            ? GroupLength + CountDigits((ulong)rest)
            : (2 * GroupLength) + CountDigits((ulong)(rest / GroupRadix));
    }

    /// <summary>Fills the destination with the lowest digits of the value, zeros in front.</summary>
    public static void Write<TChar>(ulong value, Span<TChar> destination, DigitSet digits)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        for (int i = destination.Length - 1; i >= 0; i--)
        {
            (value, ulong digit) = Math.DivRem(value, DigitSet.Radix);
            destination[i] = TChar.CreateTruncating(digits.Pairs[(2 * digit) + 1]);
        }

        Debug.Assert(value == 0, "The caller checks that the value fits.");
    }

    /// <inheritdoc cref="Write{TChar}(ulong, Span{TChar}, DigitSet)"/>
    public static void Write<TChar>(UInt128 value, Span<TChar> destination, DigitSet digits)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        while (destination.Length > GroupLength)
        {
            (value, UInt128 group) = UInt128.DivRem(value, GroupRadix);
            Write((ulong)group, destination[^GroupLength..], digits);
            destination = destination[..^GroupLength];
        }

        Write((ulong)value, destination, digits);
    }

    /// <summary>Reads a number as <see cref="Base62.Decode(ReadOnlySpan{char}, int, Base62Alphabet)"/> describes. The
    /// caller has checked that the width is in range.</summary>
    public static bool TryRead<TChar>(ReadOnlySpan<TChar> text, int width, DigitSet digits, out ulong value)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        bool read = TryRead(text, width, digits, out UInt128 wide) && wide <= ulong.MaxValue;
        value = read ? (ulong)wide : 0;
        return read;
    }

    /// <inheritdoc cref="TryRead{TChar}(ReadOnlySpan{TChar}, int, DigitSet, out ulong)"/>
    public static bool TryRead<TChar>(ReadOnlySpan<TChar> text, int width, DigitSet digits, out UInt128 value)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        value = 0;
        bool rightLength = width > 0 ? text.Length == width : text.Length > 0;
        if (!rightLength || (width == 0 && text.Length > 1 && text[0] == TChar.CreateTruncating('0')))
        {
            return false;
        }

        UInt128 sum = 0;
        foreach (TChar character in text)
        {
            uint digit = ValueOf(character, digits);
            if (digit >= DigitSet.Radix || sum > (UInt128.MaxValue - digit) / DigitSet.Radix)
            {
                return false;
            }

            sum = (sum * DigitSet.Radix) + digit;
        }

        value = sum;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ValueOf<TChar>(TChar character, DigitSet digits)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        uint code = uint.CreateTruncating(character);
        return code < 256 ? digits.Values[code] : DigitSet.Foreign;
    }
}
