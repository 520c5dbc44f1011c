using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// A bounded, thread-safe cache that keeps what is used most, and finds out by itself how much that depends on frequency
/// and how much on recency: a windowed TinyLFU whose window adapts from 1 % to 99 % of the cache.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> At no instant <c>Count &gt; Capacity</c>, or <c>Weight &gt; Capacity</c> with a weigher: whoever
/// adds an entry first evicts, on its own thread. The entry just added is never the one that is dropped for it. The other
/// promises are those of <see cref="ICache{TKey, TValue}"/>.</para>
/// <para><b>Cost.</b> O(1) for everything but <see cref="Clear"/>, <see cref="Trim"/> and enumeration. A hit takes no lock,
/// has no interlocked instruction and allocates nothing: it writes one slot of a ring that its thread shares with few
/// others. A miss that adds an entry takes the one lock and takes note of up to 2,048 hits of each of a few rings. An entry
/// costs some 100 bytes besides key and value, one with a lifetime 90 more; the cache as such some 25 KB, and up to 8 KB
/// for each group of threads that read it. A timer runs only while something can expire.</para>
/// <para><b>Accuracy.</b> Frequencies are estimates (count-min, 4 bits, halved every ten times the capacity). Between two
/// misses the latest 2,048 hits of each group of threads count, older ones are forgotten.</para>
/// <para>Thread-safe. The hash of the sketch and that of text keys is seeded at random for each cache, so keys that
/// collide cannot be prepared.</para>
/// <para><b>Source.</b> Einziger, Friedman and Manes, TinyLFU, ACM Transactions on Storage 13(4), 2017; Einziger, Eytan,
/// Friedman and Manes, Adaptive Software Cache Management, Middleware 2018; Waldspurger et al., Cache Modeling and
/// Optimization using Miniature Simulations, USENIX ATC 2017.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}, Weight = {Weight}/{Capacity}")]
public sealed class LfuCache<TKey, TValue> : ICache<TKey, TValue>
    where TKey : notnull
{
    private readonly CacheCore<TKey, TValue, LfuPolicy<TKey, TValue>> _core;

    /// <summary>Creates a cache bounded by its number of entries, without expiry.</summary>
    /// <param name="capacity">The most entries. At least 1.</param>
    /// <param name="comparer">Tells keys apart; their own equality when <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public LfuCache(long capacity, IEqualityComparer<TKey>? comparer = null)
        : this(new CacheOptions<TKey, TValue> { Capacity = capacity, Comparer = comparer })
    {
    }

    /// <summary>Creates a cache.</summary>
    /// <param name="options">The settings; read now, later changes have no effect.</param>
    /// <param name="timeProvider">The clock and the timer for expiry; <see cref="TimeProvider.System"/> when
    /// <see langword="null"/>. Only its monotonic timestamp is read, so wall-clock changes have no effect.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public LfuCache(CacheOptions<TKey, TValue> options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsRules.ThrowIfInvalid(options);
        ulong seed = options.Seed ?? OptionsRules.RandomSeed();
        var cacheLock = new Lock();
        var table = new EntryTable<TKey, TValue>(new KeyEquality<TKey>(options.Comparer, SplitMix.Scramble(seed)));
        _core = new(options, seed, cacheLock, table, new(table, options.Capacity, options.Weigher is not null, seed), timeProvider);
    }

    /// <inheritdoc/>
    public long Capacity
    {
        get => _core.Capacity;
        set => _core.Capacity = value;
    }

    /// <inheritdoc/>
    public int Count => _core.Count;

    /// <inheritdoc/>
    public long Weight => _core.Weight;

    /// <inheritdoc/>
    public CacheStatistics Statistics => _core.Statistics;

    /// <inheritdoc/>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => _core.TryGet(key, out value);

    /// <inheritdoc/>
    public CacheLookup<TValue> Lookup(TKey key) => _core.Lookup(key);

    /// <inheritdoc/>
    public bool Set(TKey key, TValue value, CacheEntryOptions options = default) => _core.Set(key, value, options);

    /// <inheritdoc/>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return _core.GetOrAdd(key, factory, static (key, factory) => factory(key));
    }

    /// <inheritdoc/>
    public TValue GetOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory) =>
        _core.GetOrAdd(key, state, factory);

    /// <inheritdoc/>
    public bool TryGetOrAdd<TState>(
        TKey key, TState state, Func<TKey, TState, CacheResult<TValue>> factory, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return _core.GetOrLoad(key, new Loaders.Decision<TKey, TValue, TState>(state, factory)).TryGetValue(out value);
    }

    /// <inheritdoc/>
    public ValueTask<TValue> GetOrAddAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> factory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return _core.GetOrAddAsync(
            key, factory, static (key, factory, cancellationToken) => factory(key, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default) =>
        _core.GetOrAddAsync(key, state, factory, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CacheLookup<TValue>> TryGetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<CacheResult<TValue>>> factory,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return _core.GetOrLoadAsync(key, new Loaders.AsyncDecision<TKey, TValue, TState>(state, factory), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<TKey, TValue>> GetOrAddManyAsync<TState>(
        IEnumerable<TKey> keys,
        TState state,
        Func<IReadOnlyList<TKey>, TState, CancellationToken, ValueTask<IReadOnlyDictionary<TKey, TValue>>> factory,
        CancellationToken cancellationToken = default) =>
        _core.GetOrAddManyAsync(keys, state, factory, cancellationToken);

    /// <inheritdoc/>
    public bool TryLease(TKey key, [NotNullWhen(true)] out CacheLease<TValue>? lease) => _core.TryLease(key, out lease);

    /// <inheritdoc/>
    public CacheLease<TValue> LeaseOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return _core.LeaseOrAdd(key, new Loaders.Value<TKey, TValue, TState>(state, factory));
    }

    /// <inheritdoc/>
    public ValueTask<CacheLease<TValue>> LeaseOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return _core.LeaseOrAddAsync(key, new Loaders.AsyncValue<TKey, TValue, TState>(state, factory), cancellationToken);
    }

    /// <inheritdoc/>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value) => _core.TryRemove(key, out value);

    /// <inheritdoc/>
    public void Clear() => _core.Clear();

    /// <inheritdoc/>
    public void Trim(long weight) => _core.Trim(weight);

    /// <summary>Enumerates a snapshot of the live entries, taken now, in no particular order.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() =>
        ((IEnumerable<KeyValuePair<TKey, TValue>>)_core.Snapshot()).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Clears the cache and stops its timer. Afterwards it stores nothing and is always empty; loads under way
    /// still reach their callers.</summary>
    public void Dispose() => _core.Dispose();

    internal bool TryGetSpan(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TValue value) => _core.TryGet(key, out value);

    internal int LoadsUnderWay => _core.LoadsUnderWay;

    internal void AssertIntegrity() => _core.AssertIntegrity();
}
