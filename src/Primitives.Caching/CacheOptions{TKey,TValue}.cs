namespace Primitives;

/// <summary>The settings of an <see cref="LruCache{TKey, TValue}"/> or an <see cref="LfuCache{TKey, TValue}"/>.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>Read once, when the cache is created. Every combination is allowed.</remarks>
public sealed class CacheOptions<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Gets or sets the bound: the most entries or, with a <see cref="Weigher"/>, the most weight.</summary>
    /// <value>At least 1. There is no default.</value>
    public long Capacity { get; set; }

    /// <summary>Gets or sets what an entry weighs, in whatever unit <see cref="Capacity"/> is in.</summary>
    /// <value><see langword="null"/> (default): every entry weighs 1. The result is at least 1. Called once for each value,
    /// outside all locks.</value>
    public Func<TKey, TValue, int>? Weigher { get; set; }

    /// <summary>Gets or sets how long after it was written an entry expires.</summary>
    /// <value><see langword="null"/> (default): never. Positive.</value>
    public TimeSpan? ExpireAfterWrite { get; set; }

    /// <summary>Gets or sets how long after it was last read or written an entry expires.</summary>
    /// <value><see langword="null"/> (default): never. Positive.</value>
    public TimeSpan? ExpireAfterAccess { get; set; }

    /// <summary>Gets or sets by what share of itself a time to live after write is shortened at random, at most, so that
    /// entries written together do not expire together.</summary>
    /// <value>0 by default. From 0 to 1, exclusive.</value>
    public double ExpirationJitter { get; set; }

    /// <summary>Gets or sets the age from which a read by <c>GetOrAdd</c> returns the value at hand and loads a new one in
    /// the background.</summary>
    /// <value><see langword="null"/> (default): never. Positive; of use only if shorter than the time to live.</value>
    public TimeSpan? RefreshAfter { get; set; }

    /// <summary>Gets or sets how eagerly values are loaded anew, in the background, at random and shortly before they
    /// expire: the more readers and the dearer the load, the earlier.</summary>
    /// <value><see langword="null"/> (default): not at all. Positive; 1 is the optimum for exponential load times, more is
    /// earlier. Applies to values that a factory loaded and that expire after write.</value>
    public double? EarlyRefreshBeta { get; set; }

    /// <summary>Gets or sets how long after its expiry a value is still served when loading a new one fails.</summary>
    /// <value><see langword="null"/> (default): not at all. Positive. Such a value counts against the capacity.</value>
    public TimeSpan? StaleOnError { get; set; }

    /// <summary>Gets or sets how long a factory's "missing" is remembered when it does not say itself.</summary>
    /// <value><see langword="null"/> (default): it is not. Positive. Such an entry counts against the capacity, with weight
    /// 1.</value>
    public TimeSpan? MissingTimeToLive { get; set; }

    /// <summary>Gets or sets what is told of every value that leaves the cache.</summary>
    /// <value><see langword="null"/> by default. Called after the fact, outside all locks, by the thread that caused it or
    /// by the expiry timer's, and for a load when those who wait for it have been released; an exception is contained and
    /// counted.</value>
    public Action<TKey, TValue, CacheRemovalReason>? OnRemoved { get; set; }

    /// <summary>Gets or sets whether the cache owns its values and disposes of each that left it, once no lease holds it
    /// any more.</summary>
    /// <value><see langword="false"/> by default. If set, read through leases: a value read in any other way may be disposed
    /// of while in use. One object must not be under two keys. Values that are only <see cref="IAsyncDisposable"/> are disposed of without being waited
    /// for.</value>
    public bool DisposeValues { get; set; }

    /// <summary>Gets or sets what tells keys apart.</summary>
    /// <value><see langword="null"/> (default): their own equality. May be called under the cache's lock, so it must not
    /// call the cache.</value>
    public IEqualityComparer<TKey>? Comparer { get; set; }

    /// <summary>Gets or sets the seed of everything random in the cache: key hashes, jitter, early refresh.</summary>
    /// <value><see langword="null"/> (default): a seed from the system. Set it only to repeat a run: with a known seed keys
    /// can be chosen that collide.</value>
    public ulong? Seed { get; set; }
}
