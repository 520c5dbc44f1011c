using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>A bounded in-process cache: the surface that <see cref="LruCache{TKey, TValue}"/> and
/// <see cref="LfuCache{TKey, TValue}"/> share.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> At no instant are there more entries, or is there more weight, than <see cref="Capacity"/>. An
/// expired value is never returned, except stale on error where that is asked for. Of the callers that want one absent key
/// at the same time one runs the factory. What is loaded is stored only if the key was not set, removed or cleared since
/// the load began.</para>
/// <para>Thread-safe. Factories, weighers, notifications and continuations run outside all locks; only the key comparer
/// and the clock are called inside.</para>
/// <para>Enumerating gives a snapshot of the live entries, taken when it begins; it is no use of them.</para>
/// <para>Disposing clears the cache and stops its timer; afterwards it answers as an empty cache that refuses to
/// store.</para>
/// </remarks>
public interface ICache<TKey, TValue> : IEnumerable<KeyValuePair<TKey, TValue>>, IDisposable
    where TKey : notnull
{
    /// <summary>Gets or sets the bound: the most entries or, with a weigher, the most weight. Lowering it evicts at
    /// once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    long Capacity { get; set; }

    /// <summary>Gets the number of entries, those included that wait to be found expired, are kept for stale-on-error, or
    /// note that a key is missing. O(1).</summary>
    int Count { get; }

    /// <summary>Gets the weight of all entries; without a weigher the same as <see cref="Count"/>. O(1).</summary>
    long Weight { get; }

    /// <summary>Gets what the cache did so far.</summary>
    CacheStatistics Statistics { get; }

    /// <summary>Finds the value of a key, and counts as a use of it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is a live one.</param>
    /// <returns><see langword="false"/> if there is none, or the key is known to be missing.</returns>
    bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Finds what is known about a key, and counts as a use of it: unlike <see cref="TryGet"/> it tells "known to
    /// be missing" from "not known".</summary>
    /// <param name="key">The key.</param>
    /// <returns>The value, "missing", or nothing.</returns>
    CacheLookup<TValue> Lookup(TKey key);

    /// <summary>Stores a value, in place of any other of the key. A load of the key that is under way will not be
    /// stored.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Its own lifetime; the cache's where not set.</param>
    /// <returns><see langword="false"/> if it alone outweighs the capacity, or the cache is disposed: then it is not stored
    /// and no other entry gives way, but the key's former value is gone.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A duration in <paramref name="options"/> is not positive.</exception>
    /// <exception cref="InvalidOperationException">The weigher returned less than 1.</exception>
    bool Set(TKey key, TValue value, CacheEntryOptions options = default);

    /// <summary>Finds the value of a key, or creates and stores it. Callers of the same key at the same time run one factory
    /// between them; those that wait block their thread.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Creates the value. If it throws, every caller that waits sees the exception and nothing is
    /// stored.</param>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidOperationException">The factory asks, directly or through other keys, for the key it is
    /// creating.</exception>
    TValue GetOrAdd(TKey key, Func<TKey, TValue> factory);

    /// <inheritdoc cref="GetOrAdd(TKey, Func{TKey, TValue})"/>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed on to the factory, so that it can be static and a hit allocates nothing.</param>
    /// <param name="factory">Creates the value. If it throws, every caller that waits sees the exception and nothing is
    /// stored.</param>
    TValue GetOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory);

    /// <summary>Finds what is known about a key, or lets a factory decide: store a value, use it unstored, or "missing".
    /// Otherwise like <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>.</summary>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed on to the factory.</param>
    /// <param name="factory">Decides about the key.</param>
    /// <param name="value">The value, if there is one.</param>
    /// <returns><see langword="false"/> if the key is missing.</returns>
    /// <exception cref="InvalidOperationException">The factory asks, directly or through other keys, for the key it is
    /// creating.</exception>
    bool TryGetOrAdd<TState>(
        TKey key, TState state, Func<TKey, TState, CacheResult<TValue>> factory, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Finds the value of a key, or loads and stores it. Callers of the same key at the same time run one factory
    /// between them.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Loads the value. Its token is cancelled when the last caller that waits has left; what it then
    /// returns is ignored. If it throws, every caller that waits sees the exception and nothing is stored.</param>
    /// <param name="cancellationToken">Detaches this caller. The load goes on for the others.</param>
    /// <returns>The value. Completed at once, and without an allocation, if it is in the cache.</returns>
    /// <exception cref="InvalidOperationException">The factory asks, directly or through other keys, for the key it is
    /// loading.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<TValue> GetOrAddAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> factory, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="GetOrAddAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CancellationToken)"/>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed on to the factory, so that it can be static and a hit allocates nothing.</param>
    /// <param name="factory">Loads the value. Its token is cancelled when the last caller that waits has left; what it then
    /// returns is ignored. If it throws, every caller that waits sees the exception and nothing is stored.</param>
    /// <param name="cancellationToken">Detaches this caller. The load goes on for the others.</param>
    ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default);

    /// <summary>Finds what is known about a key, or lets a factory decide: store a value, use it unstored, or "missing".
    /// Otherwise like <see cref="GetOrAddAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CancellationToken)"/>.</summary>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed on to the factory.</param>
    /// <param name="factory">Decides about the key.</param>
    /// <param name="cancellationToken">Detaches this caller. The load goes on for the others.</param>
    /// <returns>The value, or "missing".</returns>
    /// <exception cref="InvalidOperationException">The factory asks, directly or through other keys, for the key it is
    /// loading.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<CacheLookup<TValue>> TryGetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<CacheResult<TValue>>> factory,
        CancellationToken cancellationToken = default);

    /// <summary>Finds the values of many keys, and loads those that are absent with one factory call. Keys that others are
    /// loading already are waited for, not loaded again. Nothing is refreshed.</summary>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="keys">The keys; a repeated one counts once.</param>
    /// <param name="state">Passed on to the factory.</param>
    /// <param name="factory">Loads the values of the keys it is given; keys it leaves out are missing (remembered as such
    /// if <see cref="CacheOptions{TKey, TValue}.MissingTimeToLive"/> is set), keys it adds are ignored. Not called if
    /// nothing is absent.</param>
    /// <param name="cancellationToken">Detaches this caller. The load goes on for the others.</param>
    /// <returns>The values found and loaded, without the missing keys.</returns>
    /// <exception cref="InvalidOperationException">The factory asks for a key it is loading.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<IReadOnlyDictionary<TKey, TValue>> GetOrAddManyAsync<TState>(
        IEnumerable<TKey> keys,
        TState state,
        Func<IReadOnlyList<TKey>, TState, CancellationToken, ValueTask<IReadOnlyDictionary<TKey, TValue>>> factory,
        CancellationToken cancellationToken = default);

    /// <summary>Finds the value of a key, and keeps it from being disposed of until the lease is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lease">Holds the value; dispose of it after use.</param>
    /// <returns><see langword="false"/> if there is no live value.</returns>
    bool TryLease(TKey key, [NotNullWhen(true)] out CacheLease<TValue>? lease);

    /// <summary>Like <see cref="GetOrAdd{TState}(TKey, TState, Func{TKey, TState, TValue})"/>, and keeps the value from being
    /// disposed of until the lease is.</summary>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed on to the factory.</param>
    /// <param name="factory">Creates the value.</param>
    /// <returns>The lease; dispose of it after use.</returns>
    /// <exception cref="InvalidOperationException">The factory asks for the key it is creating.</exception>
    CacheLease<TValue> LeaseOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory);

    /// <summary>Like <see cref="GetOrAddAsync{TState}"/>, and keeps the value from being disposed of until the lease
    /// is.</summary>
    /// <typeparam name="TState">The type of <paramref name="state"/>.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed on to the factory.</param>
    /// <param name="factory">Loads the value.</param>
    /// <param name="cancellationToken">Detaches this caller. The load goes on for the others.</param>
    /// <returns>The lease; dispose of it after use.</returns>
    /// <exception cref="InvalidOperationException">The factory asks for the key it is loading.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<CacheLease<TValue>> LeaseOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default);

    /// <summary>Removes a key. A load of it that is under way will not be stored.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The live value it had.</param>
    /// <returns><see langword="false"/> if it had none.</returns>
    bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Removes every entry. No load that is under way will be stored.</summary>
    void Clear();

    /// <summary>Evicts the entries worth least until the rest weighs no more than this.</summary>
    /// <param name="weight">What to leave. At least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weight"/> is negative.</exception>
    void Trim(long weight);
}
