using System.Diagnostics;

namespace Primitives;

/// <summary>Digits of 128-bit numbers: parts of ten digits, the most that always fit in 64 bits.</summary>
internal static class WideNumberCodec
{
    private const int PartDigits = 10;
    private const ulong PartRadix = 839_299_365_868_340_224; // 62^10

    private static readonly UInt128 MaxBeforePart = UInt128.MaxValue / PartRadix;
    private static readonly UInt128[] PowersOfRadix = CreatePowers();

    public static int CountDigits(UInt128 value)
    {
        if (value <= ulong.MaxValue)
        {
            return NumberCodec.CountDigits((ulong)value);
        }

        int atLeast = NumberCodec.CountDigitsAtLeast((int)UInt128.Log2(value) + 1);
        return atLeast + (value >= PowersOfRadix[atLeast] ? 1 : 0);
    }

    /// <summary>Fills the destination with the lowest digits of the value, zeros in front.</summary>
    public static void Write<TChar>(UInt128 value, Span<TChar> destination, DigitSet digits)
        where TChar : unmanaged
    {
        int end = destination.Length;
        for (; end > PartDigits; end -= PartDigits)
        {
            (value, ulong part) = DivideByPartRadix(value);
            NumberCodec.Write(part, destination.Slice(end - PartDigits, PartDigits), digits);
        }

        NumberCodec.Write((ulong)value, destination[..end], digits);
    }

    /// <summary>Reads any number of digits. Gives <see langword="false"/> if one is foreign or if the value exceeds 128
    /// bits.</summary>
    public static bool TryRead<TChar>(ReadOnlySpan<TChar> text, DigitSet digits, out UInt128 value)
        where TChar : unmanaged
    {
        int i = text.Length % PartDigits;
        bool fits = NumberCodec.TryRead(text[..i], digits, out ulong head);
        UInt128 sum = head;
        for (; i < text.Length; i += PartDigits)
        {
            fits &= NumberCodec.TryRead(text.Slice(i, PartDigits), digits, out ulong part);
            fits &= sum <= MaxBeforePart;
            sum = (sum * PartRadix) + part;
            fits &= sum >= part;
        }

        value = sum;
        return fits;
    }

    // Möller and Granlund, "Improved division by invariant integers", IEEE Transactions on Computers 60 (2011),
    // algorithm 4: two multiplications in place of the platform's general division, which takes several times as long.
    private static (UInt128 Quotient, ulong Remainder) DivideByPartRadix(UInt128 value)
    {
        const int Shift = 4; // puts the highest bit of the divisor at the top
        const ulong Divisor = PartRadix << Shift;
        const ulong Reciprocal = 6_893_020_016_967_578_277; // floor((2^128 - 1) / Divisor) - 2^64

        ulong upper = (ulong)(value >> 64);
        ulong lower = (ulong)value;
        ulong quotientUpper = upper / PartRadix;
        upper -= quotientUpper * PartRadix;
        UInt128 dividend = new UInt128(upper, lower) << Shift;
        upper = (ulong)(dividend >> 64);
        lower = (ulong)dividend;
        Debug.Assert(upper < Divisor, "The quotient fits in 64 bits.");

        ulong quotient = Math.BigMul(Reciprocal, upper, out ulong fraction);
        fraction += lower;
        quotient += upper + 1 + (fraction < lower ? 1UL : 0);
        ulong remainder = lower - (quotient * Divisor);
        if (remainder > fraction)
        {
            quotient--;
            remainder += Divisor;
        }

        if (remainder >= Divisor)
        {
            quotient++;
            remainder -= Divisor;
        }

        return (new UInt128(quotientUpper, quotient), remainder >> Shift);
    }

    private static UInt128[] CreatePowers()
    {
        var powers = new UInt128[Base62.MaxUInt128Length];
        UInt128 power = 1;
        for (int i = 0; i < powers.Length; i++, power *= DigitSet.Radix)
        {
            powers[i] = power;
        }

        return powers;
    }
}
