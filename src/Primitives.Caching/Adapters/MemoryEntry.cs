using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace Primitives;

/// <summary>An entry of an <see cref="LfuMemoryCache"/>: set up by one thread, then shared and no longer changed, except for
/// how it ends.</summary>
internal sealed class MemoryEntry(LfuMemoryCache cache, object key) : ICacheEntry
{
    private const int NoReason = -1;

    private object? _value;
    private bool _hasValue;
    private bool _isAdded;
    private TimeSpan? _absoluteExpirationRelativeToNow;
    private TimeSpan? _slidingExpiration;
    private long? _size;
    private List<IChangeToken>? _tokens;
    private List<PostEvictionCallbackRegistration>? _callbacks;
    private List<IDisposable>? _registrations; // guarded by itself
    private int _reason = NoReason; // why it is being removed, where the cache cannot know; the first one counts
    private int _left;

    public object Key { get; } = key;

    public object? Value
    {
        get => _value;
        set
        {
            _value = value;
            _hasValue = true;
        }
    }

    public DateTimeOffset? AbsoluteExpiration { get; set; }

    public TimeSpan? AbsoluteExpirationRelativeToNow
    {
        get => _absoluteExpirationRelativeToNow;
        set => _absoluteExpirationRelativeToNow = Positive(value, nameof(AbsoluteExpirationRelativeToNow));
    }

    public TimeSpan? SlidingExpiration
    {
        get => _slidingExpiration;
        set => _slidingExpiration = Positive(value, nameof(SlidingExpiration));
    }

    public IList<IChangeToken> ExpirationTokens => _tokens ??= [];

    public IList<PostEvictionCallbackRegistration> PostEvictionCallbacks => _callbacks ??= [];

    public CacheItemPriority Priority { get; set; } = CacheItemPriority.Normal;

    public long? Size
    {
        get => _size;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(Size));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value ?? 0, int.MaxValue, nameof(Size));
            _size = value;
        }
    }

    /// <summary>Its size, where none and zero count 1: nothing is free.</summary>
    public int Weight => (int)Math.Max(1, _size ?? 1);

    public bool HasTokenChanged => _tokens is not null && _tokens.Exists(static token => token.HasChanged);

    /// <summary>Adds the entry to the cache, if it has a value. Only the first call counts.</summary>
    public void Dispose()
    {
        if (!_isAdded && _hasValue)
        {
            _isAdded = true;
            cache.Add(this);
        }
    }

    public void WatchTokens()
    {
        if (_tokens is null)
        {
            return;
        }

        List<IDisposable> registrations = [];
        foreach (IChangeToken token in _tokens.Where(static token => token.ActiveChangeCallbacks))
        {
            registrations.Add(token.RegisterChangeCallback(static entry => ((MemoryEntry)entry!).EndByToken(), this));
        }

        _registrations = registrations;
        Interlocked.MemoryBarrier(); // either Left sees the registrations, or this sees that it left
        if (Volatile.Read(ref _left) != 0)
        {
            DisposeRegistrations();
        }
    }

    public void EndByToken()
    {
        EndAs(EvictionReason.TokenExpired);
        cache.RemoveIfCurrent(this);
    }

    /// <summary>Says why the entry is about to be removed.</summary>
    public void EndAs(EvictionReason reason) => Interlocked.CompareExchange(ref _reason, (int)reason, NoReason);

    /// <summary>Told by the cache that the entry left it.</summary>
    public void Left(CacheRemovalReason reason) => Left(reason switch
    {
        CacheRemovalReason.Evicted => EvictionReason.Capacity,
        CacheRemovalReason.Expired => EvictionReason.Expired,
        CacheRemovalReason.Replaced => EvictionReason.Replaced,
        _ => EvictionReason.Removed,
    });

    public void Left(EvictionReason reason)
    {
        EndAs(reason);
        if (Interlocked.Exchange(ref _left, 1) == 0 && (_callbacks is not null || _tokens is not null))
        {
            // Neither under a lock of the cache, nor on the thread that happened to make room.
            ThreadPool.UnsafeQueueUserWorkItem(static entry => entry.Finish(), this, preferLocal: false);
        }
    }

    private static TimeSpan? Positive(TimeSpan? value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value ?? TimeSpan.MaxValue, TimeSpan.Zero, name);
        return value;
    }

    private void Finish()
    {
        DisposeRegistrations();
        foreach (PostEvictionCallbackRegistration callback in _callbacks ?? [])
        {
            try
            {
                callback.EvictionCallback?.Invoke(Key, _value, (EvictionReason)_reason, callback.State);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // One callback's failure is not the next one's, nor the cache's.
            }
        }
    }

    private void DisposeRegistrations()
    {
        foreach (IDisposable registration in Interlocked.Exchange(ref _registrations, null) ?? [])
        {
            registration.Dispose();
        }
    }
}
