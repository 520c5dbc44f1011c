namespace Primitives;

/// <summary>A bijective scrambling of 64 bits: numbers that differ in one bit have nothing in common afterwards.</summary>
/// <remarks>Source: the finalizer of SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators,
/// OOPSLA 2014), with Stafford's variant 13.</remarks>
internal static class SplitMix
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    public static ulong Scramble(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>Makes the <paramref name="index"/>th number of a sequence, from 0 (included) to 1 (excluded).</summary>
    public static double NextDouble(ulong seed, ulong index) => (Scramble(seed + (index * Gamma)) >> 11) * (1.0 / (1UL << 53));
}
