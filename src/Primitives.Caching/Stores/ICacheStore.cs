namespace Primitives;

/// <summary>What lies behind a cache: a table, a service, a file. Implemented by the user of <see cref="ReadThrough{TKey, TValue}"/>,
/// <see cref="WriteThrough{TKey, TValue}"/> and <see cref="WriteBehind{TKey, TValue}"/>.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>Called from several threads at once, never under a lock. Its exceptions reach the caller, except where
/// <see cref="WriteBehind{TKey, TValue}"/> writes later.</remarks>
public interface ICacheStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Loads one key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancelled once nobody waits for the outcome any more.</param>
    /// <returns>The value, which converts by itself, or <see cref="CacheResult{TValue}.Missing"/>; either may carry a time to
    /// live.</returns>
    ValueTask<CacheResult<TValue>> LoadAsync(TKey key, CancellationToken cancellationToken);

    /// <summary>Loads many keys in one go.</summary>
    /// <param name="keys">The keys, each once. Not empty.</param>
    /// <param name="cancellationToken">Cancelled once nobody waits for the outcome any more.</param>
    /// <returns>The values there are; a key left out is missing.</returns>
    ValueTask<IReadOnlyDictionary<TKey, TValue>> LoadManyAsync(IReadOnlyList<TKey> keys, CancellationToken cancellationToken);

    /// <summary>Applies a batch of writes.</summary>
    /// <param name="writes">The writes, each of another key, so that their order is of no matter. Not empty, and not used
    /// after the call.</param>
    /// <param name="cancellationToken">Cancelled if the caller of a write-through gave up, or if write-behind ran out of
    /// time while it was disposed.</param>
    /// <returns>When all are applied. If it throws, any of them may have been; write-behind will repeat them, so a write
    /// repeated must do no harm.</returns>
    ValueTask WriteAsync(IReadOnlyList<CacheWrite<TKey, TValue>> writes, CancellationToken cancellationToken);
}
