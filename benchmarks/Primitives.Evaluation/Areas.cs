namespace Primitives.Evaluation;

/// <summary>Every area, in the order <c>all</c> runs them.</summary>
internal static class Areas
{
    public static readonly Area[] All =
    [
        HashingArea.Area,
        Base62Area.Area,
        SnowflakeArea.Area,
        ConsistentHashingArea.Area,
        HyperLogLogArea.Area,
        BloomFilterArea.Area,
        RateLimitingArea.Area,
        ResilienceArea.Area,
        AutocompleteArea.Area,
        CachingArea.Area,
    ];
}
