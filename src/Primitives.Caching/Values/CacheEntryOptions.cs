namespace Primitives;

/// <summary>The lifetime of one entry, where it differs from that of its cache.</summary>
/// <remarks>An immutable value; <see langword="default"/> keeps all of the cache's own settings.</remarks>
public readonly record struct CacheEntryOptions
{
    /// <summary>Gets how long after it was written the entry expires.</summary>
    /// <value><see langword="null"/> (default): as <see cref="CacheOptions{TKey, TValue}.ExpireAfterWrite"/> says. Positive;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. The cache's jitter applies.</value>
    public TimeSpan? ExpireAfterWrite { get; init; }

    /// <summary>Gets how long after it was last read or written the entry expires.</summary>
    /// <value><see langword="null"/> (default): as <see cref="CacheOptions{TKey, TValue}.ExpireAfterAccess"/> says. Positive;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never.</value>
    public TimeSpan? ExpireAfterAccess { get; init; }

    /// <summary>Gets how long after it was written a read by <c>GetOrAdd</c> starts to load the entry anew.</summary>
    /// <value><see langword="null"/> (default): as <see cref="CacheOptions{TKey, TValue}.RefreshAfter"/> says. Positive;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never.</value>
    public TimeSpan? RefreshAfter { get; init; }
}
