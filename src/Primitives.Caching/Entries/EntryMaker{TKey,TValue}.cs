namespace Primitives;

/// <summary>Makes entries: weighs them, and works out their times.</summary>
internal sealed class EntryMaker<TKey, TValue>
    where TKey : notnull
{
    private readonly Func<TKey, TValue, int>? _weigher;
    private readonly CacheEntryOptions _defaults;
    private readonly TimeSpan? _missingTimeToLive;
    private readonly double _jitter;
    private readonly ulong _seed;
    private readonly long _staleTicks;
    private readonly bool _ownsValues;
    private readonly bool _timesLoads;
    private readonly bool _isPlain;
    private readonly CacheCounters _counters;
    private readonly Clock _clock;
    private long _jitters;

    public EntryMaker(CacheOptions<TKey, TValue> options, Clock clock, CacheCounters counters, ulong seed)
    {
        _weigher = options.Weigher;
        _defaults = new CacheEntryOptions
        {
            ExpireAfterWrite = options.ExpireAfterWrite,
            ExpireAfterAccess = options.ExpireAfterAccess,
            RefreshAfter = options.RefreshAfter,
        };
        _missingTimeToLive = options.MissingTimeToLive;
        _jitter = options.ExpirationJitter;
        _seed = SplitMix.Scramble(seed + 3);
        _staleTicks = options.StaleOnError is { } stale ? clock.ToTicks(stale) : 0;
        _ownsValues = options.DisposeValues;
        _timesLoads = options.EarlyRefreshBeta is not null;
        _isPlain = _defaults == default && !_ownsValues;
        _counters = counters;
        _clock = clock;
    }

    /// <summary>Makes an entry; calls the weigher, so not under a lock.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Where it differs from the cache's settings.</param>
    /// <param name="loadTicks">How long it took to load; 0 if it was not loaded.</param>
    public Entry<TKey, TValue> Make(TKey key, uint hash, TValue value, in CacheEntryOptions options, long loadTicks)
    {
        int weight = Weigh(key, value);
        if (_isPlain && options is { ExpireAfterWrite: null, ExpireAfterAccess: null, RefreshAfter: null })
        {
            return new Entry<TKey, TValue>(key, hash, value, weight);
        }

        CheckDuration(options.ExpireAfterWrite, nameof(options.ExpireAfterWrite));
        CheckDuration(options.ExpireAfterAccess, nameof(options.ExpireAfterAccess));
        CheckDuration(options.RefreshAfter, nameof(options.RefreshAfter));
        long now = _clock.Now;
        long refreshTicks = _clock.ToTicks(options.RefreshAfter ?? _defaults.RefreshAfter);
        return new RichEntry<TKey, TValue>(key, hash, value, weight, isMissing: false)
        {
            Owner = _ownsValues ? new SharedValue<TValue>(value, _counters.Contain) : null,
            ExpiresAt = Clock.Add(now, Jitter(_clock.ToTicks(options.ExpireAfterWrite ?? _defaults.ExpireAfterWrite))),
            IdleTicks = _clock.ToTicks(options.ExpireAfterAccess ?? _defaults.ExpireAfterAccess),
            StaleTicks = _staleTicks,
            LoadTicks = _timesLoads ? loadTicks : 0,
            RefreshTicks = refreshTicks,
            RefreshAt = Clock.Add(now, refreshTicks),
            LastAccess = now,
        };
    }

    /// <summary>Makes the note that a key has no value, if that is to be remembered.</summary>
    public RichEntry<TKey, TValue>? MakeMissing(TKey key, uint hash, TimeSpan? timeToLive)
    {
        CheckDuration(timeToLive, nameof(timeToLive));
        return (timeToLive ?? _missingTimeToLive) is not { } span
            ? null
            : new RichEntry<TKey, TValue>(key, hash, default!, 1, isMissing: true)
            {
                ExpiresAt = Clock.Add(_clock.Now, Jitter(_clock.ToTicks(span))),
            };
    }

    public static void CheckDuration(TimeSpan? duration, string name)
    {
        if (duration is { } span && span != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(span, TimeSpan.Zero, name);
        }
    }

    private int Weigh(TKey key, TValue value)
    {
        int weight = _weigher is null ? 1 : _weigher(key, value);
        return weight >= 1 ? weight : throw new InvalidOperationException($"The weigher returned {weight}; the least weight is 1.");
    }

    // Shortened only: nobody sees a value for longer than was promised.
    private long Jitter(long ticks) =>
        _jitter == 0 || ticks == long.MaxValue
            ? ticks
            : Math.Max(1, (long)(ticks * (1 - (_jitter * SplitMix.NextDouble(_seed, (ulong)Interlocked.Increment(ref _jitters))))));
}
