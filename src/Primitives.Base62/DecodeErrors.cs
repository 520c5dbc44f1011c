using System.Globalization;

namespace Primitives;

/// <summary>Finds out which rule a rejected text breaks, and where. Off the fast path: decoding only learns that some
/// rule is broken, and looks again here when it has to say which.</summary>
internal static class DecodeErrors
{
    /// <summary>Explains why a text is not a number: the first broken rule of length, characters, leading zeros and
    /// size, in this order.</summary>
    public static FormatException ForNumber<TChar>(ReadOnlySpan<TChar> text, int width, DigitSet digits, UInt128 max)
        where TChar : unmanaged
    {
        if (width > 0 && text.Length != width)
        {
            return At(Math.Min(text.Length, width), $"{text.Length} characters given, exactly {width} expected");
        }

        if (text.IsEmpty)
        {
            return At(0, "the text is empty");
        }

        if (FindForeign(text, digits) is { } foreign)
        {
            return foreign;
        }

        if (width == 0 && text.Length > 1 && TextUnit.ToCode(text[0]) == '0')
        {
            return At(0, "leading zero in the minimal form");
        }

        int bits = max == ulong.MaxValue ? 64 : 128;
        return At(FirstDigitBeyond(text, digits, max), $"the number exceeds {bits} bits");
    }

    /// <summary>Explains why a text is not one of bytes: the first broken rule of length, characters and blocks, in
    /// this order.</summary>
    /// <param name="text">The refused text.</param>
    /// <param name="badBlock">Where a block begins that was refused; unused if the length is wrong.</param>
    /// <param name="digits">The alphabet.</param>
    public static FormatException ForBlocks<TChar>(ReadOnlySpan<TChar> text, int badBlock, DigitSet digits)
        where TChar : unmanaged
    {
        int rest = text.Length % BlockCodec.BlockDigits;
        if (BlockCodec.BytesOf(text.Length) < 0)
        {
            return At(text.Length - rest, $"no bytes give a last block of {rest} characters");
        }

        return FindForeign(text, digits) ?? At(badBlock, "no bytes give this block of digits");
    }

    /// <summary>Explains the first character that is not a digit, if there is one.</summary>
    private static FormatException? FindForeign<TChar>(ReadOnlySpan<TChar> text, DigitSet digits)
        where TChar : unmanaged
    {
        for (int i = 0; i < text.Length; i++)
        {
            uint seen = 0;
            _ = digits.ValueOf(text[i], ref seen);
            if (DigitSet.IsAnyForeign(seen))
            {
                return At(i, $"{Describe(text[i])} is not a digit of {digits.Name}");
            }
        }

        return null;
    }

    private static FormatException At(int position, string rule) =>
        new(string.Create(CultureInfo.InvariantCulture, $"Not Base62: {rule} (position {position})."));

    private static int FirstDigitBeyond<TChar>(ReadOnlySpan<TChar> text, DigitSet digits, UInt128 max)
        where TChar : unmanaged
    {
        UInt128 sum = 0;
        uint seen = 0;
        int i = 0;
        for (; i < text.Length; i++)
        {
            uint digit = digits.ValueOf(text[i], ref seen);
            if (sum > (max - digit) / DigitSet.Radix)
            {
                break;
            }

            sum = (sum * DigitSet.Radix) + digit;
        }

        return i;
    }

    // Only printable ASCII is repeated as it is: the message may end up in a log or on a terminal.
    private static string Describe<TChar>(TChar character)
        where TChar : unmanaged
    {
        uint code = TextUnit.ToCode(character);
        string number = typeof(TChar) == typeof(byte) ? $"byte 0x{code:X2}" : $"U+{code:X4}";
        return code is > ' ' and < 0x7F ? $"'{(char)code}' ({number})" : number;
    }
}
