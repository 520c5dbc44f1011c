using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Composes a table, an eviction policy, an expiry wheel and a loader into a cache.</summary>
internal sealed partial class CacheCore<TKey, TValue, TPolicy>
    where TKey : notnull
    where TPolicy : struct, IEvictionPolicy<TKey, TValue>
{
    // Lookups take no lock: they walk the table, whose entries never change. Everything that changes what is in the cache
    // holds _lock. Invariants, at every moment and not only between calls:
    //   I1  The entries of the table and those in the lists of the policy are the same, except inside the lock.
    //   I2  _weight is the sum of the weights of the entries, and at most _capacity: who adds first evicts.
    //   I3  An entry with a time to live is in the wheel, and the timer is armed no later than the wheel's next due time.
    //   I4  A load is in _loads if and only if its result may be stored.
    public TPolicy Policy; // set once, but not read-only: each call would copy the structure first

    private readonly Lock _lock;
    private readonly EntryTable<TKey, TValue> _table;
    private readonly EntryMaker<TKey, TValue> _maker;
    private readonly LoadTable<TKey, TValue> _loads;
    private readonly Action<TKey, TValue, CacheRemovalReason>? _onRemoved;
    private readonly CacheCounters _counters = new();
    private readonly RefreshRule _refreshRule;
    private readonly Clock _clock;
    private readonly bool _ownsValues;
    private long _capacity;
    private long _weight;
    private bool _isDisposed;

    public CacheCore(
        CacheOptions<TKey, TValue> options, ulong seed, Lock cacheLock, EntryTable<TKey, TValue> table, TPolicy policy, TimeProvider? timeProvider)
    {
        _lock = cacheLock;
        Policy = policy;
        _capacity = options.Capacity;
        Policy.SetCapacityLocked(_capacity);
        _clock = new Clock(timeProvider ?? TimeProvider.System);
        _table = table;
        _maker = new EntryMaker<TKey, TValue>(options, _clock, _counters, seed);
        _loads = new LoadTable<TKey, TValue>(options.Comparer);
        _refreshRule = new RefreshRule(options.EarlyRefreshBeta, seed);
        _onRemoved = options.OnRemoved;
        _ownsValues = options.DisposeValues;
    }

    public int Count => _table.Count;

    public long Weight => Volatile.Read(ref _weight);

    public long Capacity
    {
        get => Volatile.Read(ref _capacity);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            List<Removal<TKey, TValue>>? removals = null;
            lock (_lock)
            {
                TrimLocked(value, ref removals); // before the bound is lowered, so that it holds whenever it is read
                _capacity = value;
                Policy.SetCapacityLocked(value);
            }

            Notify(removals);
        }
    }

    public CacheStatistics Statistics => _counters.Snapshot(Policy.Hits, _clock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!typeof(TKey).IsValueType && key is null)
        {
            ThrowNullKey();
        }

        Entry<TKey, TValue>? entry = _table.Find(key, out bool isCertain);
        if (entry is not null && !entry.IsRich)
        {
            value = entry.Value;
            Policy.Hit(entry);
            return true;
        }

        return TryGetSlowly(key, entry, isCertain, out value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryGetSlowly(TKey key, Entry<TKey, TValue>? entry, bool isCertain, [MaybeNullWhen(false)] out TValue value)
    {
        if (entry is not null || !isCertain)
        {
            return LookupSlowly(key, entry).TryGetValue(out value);
        }

        Interlocked.Increment(ref _counters.Misses);
        value = default;
        return false;
    }

    public CacheLookup<TValue> Lookup(TKey key)
    {
        ThrowIfNull(key);
        return LookupSlowly(key, _table.Find(key, out _));
    }

    public bool TryGet(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TValue value)
    {
        Entry<TKey, TValue>? entry = _table.Find(key, out bool isCertain);
        if (entry is null && !isCertain)
        {
            return LookupSlowly((TKey)(object)key.ToString(), null).TryGetValue(out value);
        }

        Knowledge knowledge = entry is null ? Knowledge.None : ReadEntry(entry, out _);
        if (knowledge == Knowledge.None)
        {
            Interlocked.Increment(ref _counters.Misses); // a key known to be missing was counted when it was read
        }

        value = knowledge == Knowledge.Value ? entry!.Value : default;
        return knowledge == Knowledge.Value;
    }

    public KeyValuePair<TKey, TValue>[] Snapshot()
    {
        lock (_lock)
        {
            long now = _clock.Now;
            return [.. _table.EntriesLocked()
                .Where(entry => entry is not RichEntry<TKey, TValue> rich || (!rich.IsMissing && rich.IsLive(now)))
                .Select(entry => new KeyValuePair<TKey, TValue>(entry.Key, entry.Value))];
        }
    }

    /// <summary>Notes a use of an entry and tells what it says about its key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Knowledge ReadEntry(Entry<TKey, TValue> entry, out long now)
    {
        now = 0;
        if (entry.IsRich)
        {
            return ReadRichEntry((RichEntry<TKey, TValue>)entry, out now);
        }

        Policy.Hit(entry);
        return Knowledge.Value;
    }

    private Knowledge ReadRichEntry(RichEntry<TKey, TValue> entry, out long now)
    {
        now = 0;
        if (entry.HasLifetime)
        {
            now = _clock.Now;
            if (!entry.IsLive(now))
            {
                return Knowledge.None;
            }

            if (entry.IdleTicks != long.MaxValue && now > Volatile.Read(ref entry.LastAccess))
            {
                Volatile.Write(ref entry.LastAccess, now);
            }
        }

        Policy.Hit(entry);
        if (entry.IsMissing)
        {
            Interlocked.Increment(ref _counters.KnownMissing);
            return Knowledge.Missing;
        }

        return Knowledge.Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private CacheLookup<TValue> LookupSlowly(TKey key, Entry<TKey, TValue>? entry)
    {
        entry ??= FindUnderLock(key);
        switch (entry is null ? Knowledge.None : ReadEntry(entry, out _))
        {
            case Knowledge.Value:
                return CacheLookup<TValue>.Found(entry!.Value);
            case Knowledge.Missing:
                return CacheLookup<TValue>.Missing();
            default:
                Interlocked.Increment(ref _counters.Misses);
                return default;
        }
    }

    private Entry<TKey, TValue>? FindUnderLock(TKey key)
    {
        lock (_lock)
        {
            return _table.FindLocked(key, _table.Keys.Hash(key));
        }
    }

    private static void ThrowIfNull(TKey key)
    {
        if (!typeof(TKey).IsValueType && key is null)
        {
            ThrowNullKey();
        }
    }

    [DoesNotReturn]
    private static void ThrowNullKey() => throw new ArgumentNullException("key");

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        Debug.Assert(_weight <= _capacity, "I2 is broken: there is more weight than the capacity.");
        Debug.Assert(_weight >= _table.Count, "I2 is broken: each entry weighs at least 1.");
    }
}
