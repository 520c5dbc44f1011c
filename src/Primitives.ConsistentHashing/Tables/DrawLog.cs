using System.Numerics;

namespace Primitives;

/// <summary>
/// Minus the natural logarithm of a 64-bit draw, taken as a fraction of 2^64: an exponential variate, the same to the bit
/// on every machine, which <see cref="Math.Log(double)"/> is not.
/// </summary>
/// <remarks>
/// Only additions, multiplications and one division of doubles are used, which IEEE 754 defines to the bit and .NET
/// neither reorders nor fuses. A draw <c>r</c> counts as the middle of its cell, the numbers that share its 40 leading
/// bits, and 0 counts as 1. That makes the function monotonic, which rounding alone would not: the logarithms of
/// neighbouring cells differ by more than 0.9e-12, and each is computed to within 2e-14.
/// </remarks>
internal static class DrawLog
{
    /// <summary>In what results are given: multiply by it to get the logarithm.</summary>
    public const double Unit = 1.0 / (1UL << CellBits);

    private const int CellBits = 40;
    private const double Ln2 = 0.69314718055994531;
    private const double SqrtHalf = 0.70710678118654752;

    /// <summary>Computes <c>-ln(draw / 2^64)</c> in multiples of <see cref="Unit"/>: at least 0.5, at most
    /// <c>2^45.5</c>, and never more for a larger draw.</summary>
    public static double MinusLog(ulong draw)
    {
        draw |= 1;
        int halvings = BitOperations.LeadingZeroCount(draw);
        double fraction = ((double)((draw << halvings) >> (64 - CellBits)) + 0.5) * Unit; // 1/2 to 1, exact
        if (fraction < SqrtHalf)
        {
            fraction *= 2;
            halvings++;
        }

        // ln x = 2 artanh((x - 1) / (x + 1)), and the argument is within 0.1716 of 0: ten terms of the series leave
        // 1e-17. Numerator and denominator are exact.
        double s = (fraction - 1) / (fraction + 1);
        double q = s * s;
        double series = 1 + (q * ((1.0 / 3) + (q * ((1.0 / 5) + (q * ((1.0 / 7) + (q * ((1.0 / 9) + (q * ((1.0 / 11) + (q
            * ((1.0 / 13) + (q * ((1.0 / 15) + (q * ((1.0 / 17) + (q * (1.0 / 19))))))))))))))))));
        return ((halvings * Ln2) - (2 * s * series)) / Unit;
    }

    /// <summary>Gives a number that is not above <see cref="MinusLog"/> of the same draw, at a tenth of its cost.</summary>
    /// <remarks><c>-ln u</c> is at least <c>1 - u</c>. This is 1 less the end of the draw's cell of <c>2^-40</c>, so it stays
    /// below by half a cell or more, which is far more than what rounding can take from the logarithm.</remarks>
    public static double AtMostMinusLog(ulong draw) => (long)(~draw >> (64 - CellBits));
}
