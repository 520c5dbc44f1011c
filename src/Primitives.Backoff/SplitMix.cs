namespace Primitives;

/// <summary>Random numbers as a function of a seed and a position, with no state in between. Source: the finalizer of
/// SplitMix64, Steele, Lea and Flood (2014).</summary>
internal static class SplitMix
{
    public const ulong Gamma = 0x9E3779B97F4A7C15;

    // Odd and unrelated to Gamma: seeds are Gamma apart, and two sequences must not be one another's continuation.
    private const ulong Stride = 0xD1342543DE82EF95;

    /// <summary>Gives 64 random bits.</summary>
    public static ulong Draw(ulong seed, int position) => Mix(seed + ((ulong)position * Stride));

    /// <summary>Spreads a number over all 64 bits.</summary>
    public static ulong Mix(ulong value)
    {
        value += Gamma;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>Scales random bits to <c>[0, range)</c>, or 0 for an empty range; uniform to one part in <c>2^64 / range</c>.</summary>
    public static long Below(ulong random, long range) => (long)Math.BigMul(random, (ulong)range, out _);

    /// <summary>Scales random bits to <c>[0, 1)</c> in steps of 2^-53.</summary>
    public static double ToUnit(ulong random) => (random >> 11) * (1.0 / (1UL << 53));
}
