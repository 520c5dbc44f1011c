using Microsoft.Extensions.Caching.Memory;

namespace Primitives;

/// <summary>
/// An <see cref="IMemoryCache"/> that keeps what is used most, within a bound that holds at every instant; what is added is
/// there afterwards.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> The sizes of all entries never add up to more than the size limit, except that entries of
/// <see cref="CacheItemPriority.NeverRemove"/> are outside it. An added entry can be read at once, at whatever rate
/// entries are added: room is made by removing older ones, and by the thread that adds. Only an entry that alone exceeds
/// the limit is refused, and then no other one gives way. Entries expire on time, also when nobody calls.</para>
/// <para><b>Differences from the platform's.</b> An entry without a size, or of size 0, counts 1; a size is at most
/// <see cref="int.MaxValue"/>. Priorities between "never" and "low" are
/// ignored: how often an entry is used decides. Callbacks of entries that left run on the thread pool, as there.
/// <c>GetOrCreate</c> is the platform's extension and runs its factory in every caller at once; for one run only, use
/// <see cref="LfuHybridCache"/> or an <see cref="LfuCache{TKey, TValue}"/> directly.</para>
/// <para><b>Cost.</b> O(1). A hit allocates nothing. Thread-safe.</para>
/// </remarks>
public sealed class LfuMemoryCache : IMemoryCache
{
    private readonly LfuCache<object, MemoryEntry> _bounded;
    private readonly LruCache<object, MemoryEntry> _pinned; // NeverRemove; expires and is removed, but is never full
    private readonly TimeProvider _timeProvider;
    private readonly Lock _lock = new(); // an entry that a token ends is removed only if it is still the one of its key
    private volatile bool _disposed;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="sizeLimit">The bound of all sizes together. At least 1.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sizeLimit"/> is less than 1.</exception>
    public LfuMemoryCache(long sizeLimit, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeLimit, 1);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _bounded = new LfuCache<object, MemoryEntry>(
            new CacheOptions<object, MemoryEntry>
            {
                Capacity = sizeLimit,
                Weigher = static (_, entry) => entry.Weight,
                OnRemoved = static (_, entry, reason) => entry.Left(reason),
            },
            _timeProvider);
        _pinned = new LruCache<object, MemoryEntry>(
            new CacheOptions<object, MemoryEntry>
            {
                Capacity = long.MaxValue,
                OnRemoved = static (_, entry, reason) => entry.Left(reason),
            },
            _timeProvider);
    }

    /// <summary>Gets the number of entries.</summary>
    public int Count => _bounded.Count + _pinned.Count;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryGetValue(object key, out object? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((_bounded.TryGet(key, out MemoryEntry? entry) || (_pinned.Count > 0 && _pinned.TryGet(key, out entry))) && !entry.HasTokenChanged)
        {
            value = entry.Value;
            return true;
        }

        entry?.EndByToken();
        value = null;
        return false;
    }

    /// <summary>Makes an entry, which is added or replaced when it is disposed of, provided it was given a value.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The entry; dispose of it to add it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public ICacheEntry CreateEntry(object key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new MemoryEntry(this, key);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void Remove(object key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _bounded.TryRemove(key, out _);
        _pinned.TryRemove(key, out _);
    }

    /// <summary>Removes every entry.</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void Clear()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _bounded.Clear();
        _pinned.Clear();
    }

    /// <summary>Gets what the cache holds and did so far.</summary>
    /// <returns>A snapshot; never <see langword="null"/>. The size is that of the bounded entries.</returns>
    public MemoryCacheStatistics? GetCurrentStatistics()
    {
        CacheStatistics bounded = _bounded.Statistics;
        long pinnedHits = _pinned.Statistics.Hits;
        return new MemoryCacheStatistics
        {
            CurrentEntryCount = Count,
            CurrentEstimatedSize = _bounded.Weight,
            TotalHits = bounded.Hits + pinnedHits,
            TotalMisses = Math.Max(0, bounded.Misses - pinnedHits),
        };
    }

    /// <summary>Removes every entry and stops the expiry timers.</summary>
    public void Dispose()
    {
        _disposed = true;
        _bounded.Dispose();
        _pinned.Dispose();
    }

    internal void Add(MemoryEntry entry)
    {
        if (_disposed)
        {
            return;
        }

        bool isPinned = entry.Priority == CacheItemPriority.NeverRemove;
        bool lives = EntryLifetime.TryGet(
            entry.AbsoluteExpiration,
            entry.AbsoluteExpirationRelativeToNow,
            entry.SlidingExpiration,
            _timeProvider.GetUtcNow(),
            out CacheEntryOptions lifetime);
        bool tokenChanged = entry.HasTokenChanged;
        bool added = false;
        lock (_lock) // the removal notifications inside only queue work
        {
            if (lives && !tokenChanged)
            {
                added = isPinned ? _pinned.Set(entry.Key, entry, lifetime) : _bounded.Set(entry.Key, entry, lifetime);
                RemoveReplacedLocked(entry.Key, pinned: !isPinned);
            }
            else
            {
                RemoveReplacedLocked(entry.Key, pinned: true);
                RemoveReplacedLocked(entry.Key, pinned: false);
            }
        }

        if (added)
        {
            entry.WatchTokens();
        }
        else
        {
            entry.Left(tokenChanged ? EvictionReason.TokenExpired : lives ? EvictionReason.Capacity : EvictionReason.Expired);
        }
    }

    internal void RemoveIfCurrent(MemoryEntry entry)
    {
        lock (_lock)
        {
            if (_bounded.TryGet(entry.Key, out MemoryEntry? current) && current == entry)
            {
                _bounded.TryRemove(entry.Key, out _);
            }
            else if (_pinned.TryGet(entry.Key, out current) && current == entry)
            {
                _pinned.TryRemove(entry.Key, out _);
            }
        }
    }

    private void RemoveReplacedLocked(object key, bool pinned)
    {
        ICache<object, MemoryEntry> cache = pinned ? _pinned : _bounded;
        if (cache.Count > 0 && cache.TryGet(key, out MemoryEntry? former))
        {
            former.EndAs(EvictionReason.Replaced);
            cache.TryRemove(key, out _);
        }
    }
}
