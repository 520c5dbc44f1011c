namespace Primitives;

/// <summary>A <see cref="RateQuota"/> in a form that configuration can bind.</summary>
/// <remarks>Not thread-safe: a settings object belongs to whoever fills it; limiters copy it.</remarks>
public sealed class QuotaSetting
{
    /// <summary>Gets or sets the permits per <see cref="Period"/>.</summary>
    /// <value>None by default; at least 1 must be set.</value>
    public int Permits { get; set; }

    /// <summary>Gets or sets the period.</summary>
    /// <value>One second by default. Positive.</value>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the most permits that can be taken at once.</summary>
    /// <value><see langword="null"/> by default: as many as there are per period. At least 1.</value>
    public int? Burst { get; set; }

    /// <summary>Gets or sets the name that refusals and response headers give.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? Name { get; set; }

    /// <summary>Converts a quota to a setting.</summary>
    /// <param name="quota">The quota.</param>
    /// <returns>The setting.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    public static implicit operator QuotaSetting(RateQuota quota) => FromRateQuota(quota);

    /// <summary>Converts a quota to a setting.</summary>
    /// <param name="quota">The quota.</param>
    /// <returns>The setting.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    public static QuotaSetting FromRateQuota(RateQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        return new QuotaSetting { Permits = quota.Permits, Period = quota.Period, Burst = quota.Burst, Name = quota.Name };
    }

    internal RateQuota ToQuota() => new(Permits, Period) { Burst = Burst ?? Permits, Name = Name };

    /// <summary>Tells what is wrong with any of the quotas, if anything is.</summary>
    internal static string? ProblemIn(IEnumerable<QuotaSetting?> quotas) =>
        quotas.Select(quota => quota is null ? "A quota is null." : quota.Problem()).FirstOrDefault(problem => problem is not null);

    private string? Problem() =>
        Permits <= 0 ? $"Permits of a quota is {Permits}; it must be at least 1."
        : Period <= TimeSpan.Zero ? $"Period of a quota is {Period}; it must be positive."
        : Burst <= 0 ? $"Burst of a quota is {Burst}; it must be at least 1."
        : null;
}
