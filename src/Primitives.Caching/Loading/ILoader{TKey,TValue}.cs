namespace Primitives;

/// <summary>The user's factory, whatever its form. Implemented by structs, so that a hit allocates nothing.</summary>
internal interface ILoader<TKey, TValue>
{
    /// <summary>Gets whether the caller understands "missing"; if not, such an answer is no answer.</summary>
    bool AcceptsMissing { get; }

    ValueTask<CacheResult<TValue>> LoadAsync(TKey key, CancellationToken cancellationToken);
}
