using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>Digits of numbers, for UTF-16 (<see cref="char"/>) and UTF-8 (<see cref="byte"/>) alike: the compiler makes
/// one version of each method for either.</summary>
internal static class NumberCodec
{
    // Digits are worked on in groups: the chain of dependent divisions or multiplications, which is what takes the
    // time, has one link for each group, and what happens within a group overlaps with the chain. Four digits are what
    // 32 bits hold, eight are what one vector of characters holds.
    private const uint FourDigits = 14_776_336;            // 62^4
    private const ulong EightDigits = 218_340_105_584_896; // 62^8

    private static readonly ulong[] PowersOfRadix =
    [
        1, 62, 3_844, 238_328, FourDigits, 916_132_832, 56_800_235_584, 3_521_614_606_208, EightDigits,
        13_537_086_546_263_552, 839_299_365_868_340_224,
    ];

    public static int CountDigits(ulong value)
    {
        value |= 1; // zero has one digit; no other count depends on the lowest bit
        int atLeast = CountDigitsAtLeast(BitOperations.Log2(value) + 1);
        return atLeast + (value >= PowersOfRadix[atLeast] ? 1 : 0);
    }

    /// <summary>Gives floor(bits / log2(62)): a number of so many bits has that many digits or one more.</summary>
    /// <param name="bits">From 1 to 128, for which the fraction is exact enough.</param>
    public static int CountDigitsAtLeast(int bits) => (bits * 43) >> 8;

    /// <summary>Fills the destination with the lowest digits of the value, zeros in front.</summary>
    public static void Write<TChar>(ulong value, Span<TChar> destination, DigitSet digits)
        where TChar : unmanaged
    {
        int end = destination.Length;
        for (; end >= 4; end -= 4)
        {
            ulong rest = value / FourDigits;
            (uint high, uint low) = SplitPairs((uint)(value - (rest * FourDigits)));
            Span<TChar> four = destination.Slice(end - 4, 4);
            (four[0], four[1]) = Pair<TChar>(high, digits);
            (four[2], four[3]) = Pair<TChar>(low, digits);
            value = rest;
        }

        Debug.Assert(value < PowersOfRadix[end], "The caller checks that the value fits.");
        (uint first, uint last) = SplitPairs((uint)value);
        if (end >= 2)
        {
            (destination[end - 2], destination[end - 1]) = Pair<TChar>(last, digits);
            last = first;
        }

        if ((end & 1) != 0)
        {
            (_, destination[0]) = Pair<TChar>(last, digits);
        }
    }

    /// <summary>Reads any number of digits. Gives <see langword="false"/> if one is foreign or if the value exceeds 64
    /// bits.</summary>
    public static bool TryRead<TChar>(ReadOnlySpan<TChar> text, DigitSet digits, out ulong value)
        where TChar : unmanaged
    {
        uint seen = 0;
        ulong sum = 0;
        int headLength = text.Length % 8;
        foreach (TChar character in text[..headLength])
        {
            sum = (sum * DigitSet.Radix) + digits.ValueOf(character, ref seen);
        }

        bool fits = true;
        Vector128<ushort> valid = Vector128<ushort>.AllBitsSet;
        for (ReadOnlySpan<TChar> rest = text[headLength..]; rest.Length >= 8; rest = rest[8..])
        {
            ulong group = Combine(digits.ValuesOf(Widen(rest[..8]), ref valid));
            fits &= sum <= ulong.MaxValue / EightDigits;
            sum = (sum * EightDigits) + group;
            fits &= sum >= group;
        }

        value = sum;
        return fits && !DigitSet.IsAnyForeign(seen) && valid == Vector128<ushort>.AllBitsSet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Widen<TChar>(ReadOnlySpan<TChar> eight)
        where TChar : unmanaged =>
        typeof(TChar) == typeof(char)
            ? Vector128.Create(MemoryMarshal.Cast<TChar, ushort>(eight))
            : Vector128.WidenLower(
                Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(eight))).AsByte());

    // Weighs neighbours and adds them up, twice, and so does it in any byte order: 8 digits, 4 pairs, 2 fours.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Combine(Vector128<ushort> values)
    {
        Vector128<uint> pairs = (values * Vector128.Create((ushort)62, 1, 62, 1, 62, 1, 62, 1)).AsUInt32();
        pairs = (pairs & Vector128.Create(0xFFFFu)) + (pairs >> 16);
        Vector128<ulong> fours = (pairs * Vector128.Create(DigitSet.PairCount, 1u, DigitSet.PairCount, 1)).AsUInt64();
        fours = (fours & Vector128.Create(0xFFFF_FFFFul)) + (fours >> 32);
        return (fours[0] * FourDigits) + fours[1];
    }

    private static (uint High, uint Low) SplitPairs(uint fourDigits)
    {
        uint high = fourDigits / DigitSet.PairCount;
        return (high, fourDigits - (high * DigitSet.PairCount));
    }

    private static (TChar First, TChar Second) Pair<TChar>(uint twoDigits, DigitSet digits)
        where TChar : unmanaged
    {
        uint pair = digits.PairOf(twoDigits);
        return (TextUnit.FromAscii<TChar>(pair & 0xFF), TextUnit.FromAscii<TChar>(pair >> 8));
    }
}
