namespace Primitives;

/// <summary>The counters of a <see cref="KeyedRateLimiter{TKey}"/>.</summary>
/// <param name="Granted">The requests granted.</param>
/// <param name="Refused">The requests refused, for whichever reason.</param>
/// <param name="OverflowRejected">Of those, the ones whose key found no place under <see cref="KeyOverflow.Reject"/>.</param>
/// <param name="OverflowEvicted">The keys whose debt was forgiven under <see cref="KeyOverflow.EvictLeastDebt"/>.</param>
/// <param name="OverflowShared">The requests that went to the shared bucket under <see cref="KeyOverflow.SharedBucket"/>.</param>
public readonly record struct KeyedRateLimiterTotals(
    long Granted, long Refused, long OverflowRejected, long OverflowEvicted, long OverflowShared);
