namespace Primitives;

/// <summary>So many permits per period, with a burst and a name: what a limiter enforces.</summary>
/// <remarks>Immutable, and so safe to share between threads. Two quotas are equal if all their values are.</remarks>
public sealed record RateQuota
{
    /// <summary>Creates a quota.</summary>
    /// <param name="permits">The permits per period. At least 1.</param>
    /// <param name="period">The period. Positive.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> or <paramref name="period"/> is not
    /// positive.</exception>
    public RateQuota(int permits, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);

        Permits = permits;
        Period = period;
        Burst = permits;
    }

    /// <summary>Gets the permits per <see cref="Period"/>.</summary>
    public int Permits { get; }

    /// <summary>Gets the period.</summary>
    public TimeSpan Period { get; }

    /// <summary>Gets the largest number of permits that may be taken at once from a bucket. Windows and the leaky bucket
    /// have no burst of their own and refuse a quota that sets one.</summary>
    /// <value><see cref="Permits"/> by default. At least 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public int Burst
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    }

    /// <summary>Gets the name under which a refusal is reported and a response header lists the quota.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? Name { get; init; }

    /// <summary>Creates a quota per second.</summary>
    /// <param name="permits"><inheritdoc cref="RateQuota(int, TimeSpan)" path="/param[@name='permits']"/></param>
    /// <returns>The quota.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive.</exception>
    public static RateQuota PerSecond(int permits) => new(permits, TimeSpan.FromSeconds(1));

    /// <summary>Creates a quota per minute.</summary>
    /// <param name="permits"><inheritdoc cref="RateQuota(int, TimeSpan)" path="/param[@name='permits']"/></param>
    /// <returns>The quota.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive.</exception>
    public static RateQuota PerMinute(int permits) => new(permits, TimeSpan.FromMinutes(1));

    /// <summary>Creates a quota per hour.</summary>
    /// <param name="permits"><inheritdoc cref="RateQuota(int, TimeSpan)" path="/param[@name='permits']"/></param>
    /// <returns>The quota.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive.</exception>
    public static RateQuota PerHour(int permits) => new(permits, TimeSpan.FromHours(1));

    /// <summary>Creates a quota per 24 hours.</summary>
    /// <param name="permits"><inheritdoc cref="RateQuota(int, TimeSpan)" path="/param[@name='permits']"/></param>
    /// <returns>The quota.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive.</exception>
    public static RateQuota PerDay(int permits) => new(permits, TimeSpan.FromDays(1));

    /// <summary>Refuses a burst where there is none to have.</summary>
    internal RateQuota WithoutBurst(string parameter) =>
        Burst == Permits
            ? this
            : throw new ArgumentException($"The quota has a burst of {Burst} beside {Permits} permits; this limiter has none of its own.", parameter);
}
