namespace Primitives;

/// <summary>What a factory decided about a key: store this value, use it without storing it, or "there is none".</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>An immutable value. A <typeparamref name="TValue"/> converts to "store, for as long as the cache says".</remarks>
public readonly struct CacheResult<TValue>
{
    private CacheResult(CacheResultKind kind, TValue? value, CacheEntryOptions options)
    {
        Kind = kind;
        Value = value;
        Options = options;
    }

    internal CacheResultKind Kind { get; }

    internal TValue? Value { get; }

    internal CacheEntryOptions Options { get; }

    /// <summary>Stores a value for as long as the cache says.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The result.</returns>
    public static implicit operator CacheResult<TValue>(TValue value) => Store(value);

    /// <summary>Stores a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="options">Its own lifetime; the cache's where not set.</param>
    /// <returns>The decision.</returns>
    public static CacheResult<TValue> Store(TValue value, CacheEntryOptions options = default) =>
        new(CacheResultKind.Store, value, options);

    /// <summary>Stores a value with its own time to live after write.</summary>
    /// <param name="value">The value.</param>
    /// <param name="timeToLive">How long it lives. Positive, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <returns>The decision.</returns>
    public static CacheResult<TValue> Store(TValue value, TimeSpan timeToLive) =>
        new(CacheResultKind.Store, value, new CacheEntryOptions { ExpireAfterWrite = timeToLive });

    /// <summary>Hands a value to the callers that wait for it, and does not store it. What the cache had for the key, as
    /// with a refresh, leaves: it is out of date.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The decision.</returns>
    public static CacheResult<TValue> DoNotStore(TValue value) => new(CacheResultKind.DoNotStore, value, default);

    /// <summary>Says that the key has no value. For <paramref name="timeToLive"/> the cache answers so by itself.</summary>
    /// <param name="timeToLive">How long that is remembered. Positive; when <see langword="null"/>,
    /// <see cref="CacheOptions{TKey, TValue}.MissingTimeToLive"/>, and if that is not set either it is not
    /// remembered.</param>
    /// <returns>The decision.</returns>
    public static CacheResult<TValue> Missing(TimeSpan? timeToLive = null) =>
        new(CacheResultKind.Missing, default, new CacheEntryOptions { ExpireAfterWrite = timeToLive });

    /// <summary>The same as the conversion from a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The decision.</returns>
    public static CacheResult<TValue> ToCacheResult(TValue value) => Store(value);
}
