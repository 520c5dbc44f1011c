namespace Primitives;

/// <summary>Writes through a cache: a write goes to the store first and, once it is there, into the cache. Reads go through
/// the cache as well.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> When <see cref="SetAsync"/> or <see cref="RemoveAsync"/> has returned, the store has the change,
/// and no read that begins afterwards returns an older value. Writes of one key are made one after the other, so cache and
/// store never end up with different ones of two. If the store fails, or the caller cancels, the cache forgets the key,
/// since the store may or may not have the change.</para>
/// <para><b>Limits.</b> That holds for changes made through this object. What other processes, or others here, write to the
/// store is seen when the cached value expires; and so is a write which the store makes after it reported its
/// failure.</para>
/// <para><b>Cost.</b> One store call per write. A read costs what the cache does. Writers of one key queue without
/// threads; different keys do not wait for each other. Thread-safe.</para>
/// </remarks>
public sealed class WriteThrough<TKey, TValue>
    where TKey : notnull
{
    private readonly ICache<TKey, TValue> _cache;
    private readonly ICacheStore<TKey, TValue> _store;
    private readonly ReadThrough<TKey, TValue> _reads;
    private readonly KeyTurns<TKey> _turns;

    /// <summary>Puts a cache before a store.</summary>
    /// <param name="cache">The cache. It remains its creator's to dispose of.</param>
    /// <param name="store">The store.</param>
    /// <param name="comparer">Tells keys apart, like the cache's; the type's default when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/> or <paramref name="store"/> is
    /// <see langword="null"/>.</exception>
    public WriteThrough(ICache<TKey, TValue> cache, ICacheStore<TKey, TValue> store, IEqualityComparer<TKey>? comparer = null)
    {
        _reads = new ReadThrough<TKey, TValue>(cache, store);
        _cache = cache;
        _store = store;
        _turns = new KeyTurns<TKey>(comparer);
    }

    /// <inheritdoc cref="ReadThrough{TKey, TValue}.GetAsync"/>
    public ValueTask<CacheLookup<TValue>> GetAsync(TKey key, CancellationToken cancellationToken = default) =>
        _reads.GetAsync(key, cancellationToken);

    /// <inheritdoc cref="ReadThrough{TKey, TValue}.GetManyAsync"/>
    public ValueTask<IReadOnlyDictionary<TKey, TValue>> GetManyAsync(
        IEnumerable<TKey> keys, CancellationToken cancellationToken = default) =>
        _reads.GetManyAsync(keys, cancellationToken);

    /// <summary>Writes a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Given to the store. Whether a cancelled write was made is the store's secret.</param>
    /// <returns>When the store has it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask SetAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return ApplyAsync(CacheWrite<TKey, TValue>.Put(key, value), cancellationToken);
    }

    /// <summary>Deletes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Given to the store. Whether a cancelled delete was made is the store's secret.</param>
    /// <returns>When the store has made the change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return ApplyAsync(CacheWrite<TKey, TValue>.Delete(key), cancellationToken);
    }

    private async ValueTask ApplyAsync(CacheWrite<TKey, TValue> write, CancellationToken cancellationToken)
    {
        await _turns.EnterAsync(write.Key, cancellationToken).ConfigureAwait(false);
        bool stored = false;
        try
        {
            await _store.WriteAsync([write], cancellationToken).ConfigureAwait(false);
            if (!write.IsDelete)
            {
                _cache.Set(write.Key, write.Value!);
                stored = true;
            }
        }
        finally
        {
            // Also ends what the cache may be loading: a load that began before the write must not outlive it.
            try
            {
                if (!stored)
                {
                    _cache.TryRemove(write.Key, out _);
                }
            }
            finally
            {
                _turns.Leave(write.Key);
            }
        }
    }
}
