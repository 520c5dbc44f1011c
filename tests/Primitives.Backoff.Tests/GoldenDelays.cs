namespace Primitives.Tests;

/// <summary>The first six delays of three seeded backoffs, in ticks.</summary>
internal static class GoldenDelays
{
    public static readonly long[] Full = [3_432_919, 2_644_948, 7_680_475, 3_036_711, 120_110_801, 211_939_674];
    public static readonly long[] TripledEqual = [6_716_459, 16_983_711, 53_640_534, 140_124_450, 709_030_467, 2_073_355_682];
    public static readonly long[] Decorrelated = [16_865_838, 15_368_915, 16_932_924, 11_548_676, 28_501_588, 63_341_517];
}
