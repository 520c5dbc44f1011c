namespace Primitives;

/// <summary>What a cache counts. Fields, because they are incremented in place.</summary>
internal sealed class CacheCounters
{
    public long Misses;
    public long KnownMissing;
    public long Loads;
    public long LoadFailures;
    public long LoadTicks;
    public long Refreshes;
    public long StaleServed;
    public long NotificationFailures;

    // Guarded by the cache's lock.
    public long Evictions;
    public long Expirations;
    public long Rejections;

    /// <summary>Counts an exception that nobody is there to see. An exception filter: always <see langword="true"/>.</summary>
    public bool Contain(Exception exception)
    {
        _ = exception;
        Interlocked.Increment(ref NotificationFailures);
        return true;
    }

    public void AddLoad(bool isSuccess, long ticks)
    {
        Interlocked.Increment(ref isSuccess ? ref Loads : ref LoadFailures);
        Interlocked.Add(ref LoadTicks, ticks);
    }

    public CacheStatistics Snapshot(long hits, Clock clock)
    {
        long knownMissing = Volatile.Read(ref KnownMissing);
        return new CacheStatistics
        {
            Hits = Math.Max(0, hits - knownMissing),
            Misses = Volatile.Read(ref Misses) + knownMissing,
            Loads = Volatile.Read(ref Loads),
            LoadFailures = Volatile.Read(ref LoadFailures),
            LoadTime = clock.ToTimeSpan(Volatile.Read(ref LoadTicks)),
            Refreshes = Volatile.Read(ref Refreshes),
            StaleServed = Volatile.Read(ref StaleServed),
            Evictions = Volatile.Read(ref Evictions),
            Expirations = Volatile.Read(ref Expirations),
            Rejections = Volatile.Read(ref Rejections),
            NotificationFailures = Volatile.Read(ref NotificationFailures),
        };
    }
}
