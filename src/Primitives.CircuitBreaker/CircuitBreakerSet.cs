using System.Collections.Concurrent;
using System.Diagnostics;

namespace Primitives;

/// <summary>
/// A breaker per key, such as per host or tenant, so that one key's trouble does not stop the others; bounded, and without
/// forgetting what it holds against a key.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> All callers of one key get one breaker while it is remembered. It is forgotten only when it is
/// closed and was not asked for during one idle time to two; a breaker that is open, half-open, isolated or disabled never
/// is. At most <see cref="Capacity"/> are remembered: a key that finds no room gets a closed breaker of its own that is not,
/// and so goes unprotected rather than sharing another key's fate.</para>
/// <para><b>Cost.</b> <see cref="Get"/> of a remembered key is a dictionary look-up and a read, and allocates nothing. A new
/// key costs a breaker, under 1.2 KB by default; one in each idle time pays for looking through all.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}/{Capacity}")]
public sealed class CircuitBreakerSet<TKey>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new();
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _idleTime;
    private CircuitBreakerOptions _options;
    private long _sweptAt;
    private int _count; // entries, and reservations for entries about to be added; <= Capacity once those are settled
    private long _overflowed;

    /// <summary>Creates an empty set.</summary>
    /// <param name="options">The settings of every breaker; do not change them afterwards, use <see cref="Update"/>. The
    /// defaults when <see langword="null"/>.</param>
    /// <param name="capacity">How many keys are remembered at most. At least 1.</param>
    /// <param name="idleTime">How long a key must not be asked for before it may be forgotten; ten minutes when
    /// <see langword="null"/>. Positive.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="idleTime"/> is not
    /// positive.</exception>
    public CircuitBreakerSet(
        CircuitBreakerOptions? options = null, int capacity = 10_000, TimeSpan? idleTime = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _idleTime = idleTime ?? TimeSpan.FromMinutes(10);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_idleTime, TimeSpan.Zero, nameof(idleTime));
        _options = options ?? new CircuitBreakerOptions();
        CircuitBreakerOptionsValidator.ThrowIfInvalid(_options);
        Capacity = capacity;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _sweptAt = _timeProvider.GetTimestamp();
    }

    /// <summary>Gets how many keys are remembered at most.</summary>
    public int Capacity { get; }

    /// <summary>Gets how many keys are remembered.</summary>
    public int Count => Math.Min(Volatile.Read(ref _count), Capacity);

    /// <summary>Gets how often a key found no room. If this grows, the capacity is too small.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Gives a key's breaker. Ask for each call anew: one that was kept for long may have been forgotten.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The breaker.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public CircuitBreaker Get(TKey key)
    {
        while (true)
        {
            if (_entries.TryGetValue(key, out Entry? entry))
            {
                if (entry.TryUse())
                {
                    return entry.Breaker;
                }

                Remove(key, entry); // being forgotten: this key begins anew
                continue;
            }

            SweepIfDue();
            if (Interlocked.Increment(ref _count) > Capacity)
            {
                Interlocked.Decrement(ref _count);
                Interlocked.Increment(ref _overflowed);
                return Create();
            }

            entry = new Entry(Create());
            if (_entries.TryAdd(key, entry))
            {
                return entry.Breaker;
            }

            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Gives a key's breaker if the key is remembered, without making it count as used.</summary>
    /// <param name="key">The key.</param>
    /// <param name="breaker">The breaker, or <see langword="null"/>.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public bool TryGet(TKey key, out CircuitBreaker? breaker)
    {
        breaker = _entries.TryGetValue(key, out Entry? entry) ? entry.Breaker : null;
        return breaker is not null;
    }

    /// <summary>Lists the keys remembered and their breakers, in no particular order.</summary>
    /// <returns>A copy.</returns>
    public KeyValuePair<TKey, CircuitBreaker>[] ToArray() =>
        [.. _entries.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value.Breaker))];

    /// <summary>Takes over new settings for all breakers, as <see cref="CircuitBreaker.Update"/> does for one.</summary>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; nothing was taken over.</exception>
    public void Update(CircuitBreakerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        CircuitBreakerOptionsValidator.ThrowIfInvalid(options);
        Volatile.Write(ref _options, options);
        foreach (Entry entry in _entries.Values)
        {
            entry.Breaker.Update(options);
        }
    }

    private CircuitBreaker Create() => new(Volatile.Read(ref _options), _timeProvider);

    private void SweepIfDue()
    {
        long last = Volatile.Read(ref _sweptAt);
        long now = _timeProvider.GetTimestamp();
        if (_timeProvider.GetElapsedTime(last, now) < _idleTime || Interlocked.CompareExchange(ref _sweptAt, now, last) != last)
        {
            return; // not yet, or another caller does it
        }

        foreach ((TKey key, Entry entry) in _entries)
        {
            if (entry.TryForget())
            {
                Remove(key, entry);
            }
        }
    }

    private void Remove(TKey key, Entry entry)
    {
        if (_entries.TryRemove(KeyValuePair.Create(key, entry)))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>A breaker, and whether it was asked for since the last sweep. Once forgotten it is never given out again, so
    /// that no two callers of a key hold different breakers that both count.</summary>
    private sealed class Entry(CircuitBreaker breaker)
    {
        private const int Unused = 0;
        private const int Used = 1;
        private const int Forgotten = 2;

        private int _use = Used;

        public CircuitBreaker Breaker => breaker;

        public bool TryUse() =>
            Volatile.Read(ref _use) switch
            {
                Used => true, // only read, so that its line stays shared
                Forgotten => false,
                _ => Interlocked.CompareExchange(ref _use, Used, Unused) != Forgotten,
            };

        /// <summary>Gives the breaker up if it is closed and was not used; else notes that from now on it was not.</summary>
        public bool TryForget() =>
            breaker.State == CircuitState.Closed
            && Interlocked.CompareExchange(ref _use, Unused, Used) == Unused
            && Interlocked.CompareExchange(ref _use, Forgotten, Unused) == Unused;
    }
}
