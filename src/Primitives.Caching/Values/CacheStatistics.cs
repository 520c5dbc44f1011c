namespace Primitives;

/// <summary>What a cache did since it was created: one immutable snapshot.</summary>
/// <remarks>
/// <para><b>Accuracy.</b> Each number is exact when nobody uses the cache, except <see cref="Hits"/> of an
/// <see cref="LfuCache{TKey, TValue}"/>: they are counted without an interlocked instruction, so where two threads share
/// a counter a few may be lost, never gained. While other threads work, the numbers belong to slightly different
/// moments.</para>
/// </remarks>
public readonly record struct CacheStatistics
{
    /// <summary>Gets the lookups that found a live value.</summary>
    public long Hits { get; init; }

    /// <summary>Gets the lookups that did not; a caller that joins another's load has missed too, and a key known to be
    /// missing counts here.</summary>
    public long Misses { get; init; }

    /// <summary>Gets the factory calls that returned, background refreshes included.</summary>
    public long Loads { get; init; }

    /// <summary>Gets the factory calls that threw or were cancelled, background refreshes included.</summary>
    public long LoadFailures { get; init; }

    /// <summary>Gets the time spent in factories, in all.</summary>
    public TimeSpan LoadTime { get; init; }

    /// <summary>Gets the background refreshes started, by age or early by chance.</summary>
    public long Refreshes { get; init; }

    /// <summary>Gets the misses answered by an expired value because loading a new one failed.</summary>
    public long StaleServed { get; init; }

    /// <summary>Gets the entries that gave way to others.</summary>
    public long Evictions { get; init; }

    /// <summary>Gets the entries whose time was over.</summary>
    public long Expirations { get; init; }

    /// <summary>Gets the entries refused because they alone outweigh the capacity.</summary>
    public long Rejections { get; init; }

    /// <summary>Gets the exceptions thrown by <see cref="CacheOptions{TKey, TValue}.OnRemoved"/> or by disposing of a
    /// value; they are contained.</summary>
    public long NotificationFailures { get; init; }

    /// <summary>Gets <see cref="Hits"/> divided by all lookups; 0 before the first.</summary>
    public double HitRatio => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);
}
