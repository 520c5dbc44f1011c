namespace Primitives;

/// <summary>The settings of a <see cref="KeyedRateLimiter{TKey}"/>.</summary>
/// <typeparam name="TKey">The type of key.</typeparam>
public sealed class KeyedRateLimiterOptions<TKey>
    where TKey : notnull
{
    /// <summary>Gets the quotas of every key, all of which a request must fit. With <see cref="ClassOf"/>, those of class
    /// 0.</summary>
    /// <value>Empty by default; at least one must be added.</value>
    public IList<QuotaSetting> Quotas { get; } = [];

    /// <summary>Gets the quotas of classes 1, 2 and so on.</summary>
    /// <value>Empty by default. Each needs at least one quota.</value>
    public IList<IList<QuotaSetting>> FurtherClasses { get; } = [];

    /// <summary>Gets or sets which class a key is in. Called once per decision, on the calling thread, under no
    /// lock; and by statistics and <see cref="KeyedRateLimiter{TKey}.GetQuotas"/>.</summary>
    /// <value><see langword="null"/> by default: all keys are in class 0.</value>
    public Func<TKey, int>? ClassOf { get; set; }

    /// <summary>Gets or sets how many keys may owe something at the same time. The table has twice as many places, of
    /// 8 bytes and 8 for each quota.</summary>
    /// <value>100,000 by default. From 1 to 2<sup>28</sup>.</value>
    public int Capacity { get; set; } = 100_000;

    /// <summary>Gets or sets what happens to a new key that finds no place.</summary>
    /// <value><see cref="KeyOverflow.Reject"/> by default.</value>
    public KeyOverflow Overflow { get; set; }

    /// <summary>Gets or sets a 64-bit hash of the key; keys of the same hash share a bucket. Needed if keys are neither
    /// strings, integers nor GUIDs, whose own hash is keyed per process, so that nobody can aim keys at one place.</summary>
    /// <value><see langword="null"/> by default.</value>
    public Func<TKey, ulong>? Hash { get; set; }

    internal string? Problem() =>
        Quotas.Count == 0 ? "There are no Quotas."
        : FurtherClasses.Any(quotas => quotas is not { Count: > 0 }) ? "One of the FurtherClasses has no quota."
        : QuotaSetting.ProblemIn(FurtherClasses.Append(Quotas).SelectMany(quotas => quotas)) is { } problem ? problem
        : Capacity is < 1 or > 1 << 28 ? $"Capacity is {Capacity}; it must be from 1 to 2^28."
        : !Enum.IsDefined(Overflow) ? $"Overflow is {Overflow}, which is not a policy."
        : Hash is null && !KeyTypes.Knows(typeof(TKey)) ? $"Keys of type {typeof(TKey)} need a Hash."
        : null;

    internal RateQuota[][] ToClasses() =>
        [.. FurtherClasses.Prepend(Quotas).Select(quotas => quotas.Select(quota => quota.ToQuota()).ToArray())];
}
