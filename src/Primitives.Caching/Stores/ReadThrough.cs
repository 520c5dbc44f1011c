namespace Primitives;

/// <summary>Reads through a cache: what it lacks comes from the store, once for all who ask at the same time.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> That of the cache's <see cref="ICache{TKey, TValue}.TryGetOrAddAsync"/>: one load per absent key
/// at a time; a caller that cancels leaves alone; a failed load is seen by its waiters and leaves nothing behind. A value is
/// at most as old as the cache's lifetimes say.</para>
/// <para><b>Cost.</b> That of the cache; a hit allocates nothing. It holds no state of its own, and the cache may be used
/// beside it. Thread-safe.</para>
/// </remarks>
public sealed class ReadThrough<TKey, TValue>
    where TKey : notnull
{
    private readonly ICache<TKey, TValue> _cache;
    private readonly ICacheStore<TKey, TValue> _store;

    /// <summary>Puts a cache before a store.</summary>
    /// <param name="cache">The cache. It remains its creator's to dispose of.</param>
    /// <param name="store">The store.</param>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public ReadThrough(ICache<TKey, TValue> cache, ICacheStore<TKey, TValue> store)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(store);
        _cache = cache;
        _store = store;
    }

    /// <summary>Reads one key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Lets this caller leave; a load goes on for the others.</param>
    /// <returns>The value, or "missing".</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<CacheLookup<TValue>> GetAsync(TKey key, CancellationToken cancellationToken = default) =>
        _cache.TryGetOrAddAsync(key, _store, static (key, store, token) => store.LoadAsync(key, token), cancellationToken);

    /// <summary>Reads many keys, with one load for all that are absent.</summary>
    /// <param name="keys">The keys; a repeated one counts once.</param>
    /// <param name="cancellationToken">Lets this caller leave; a load goes on for the others.</param>
    /// <returns>The values there are.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<IReadOnlyDictionary<TKey, TValue>> GetManyAsync(
        IEnumerable<TKey> keys, CancellationToken cancellationToken = default) =>
        _cache.GetOrAddManyAsync(keys, _store, static (keys, store, token) => store.LoadManyAsync(keys, token), cancellationToken);
}
