namespace Primitives;

/// <summary>The settings of a limiter with one quota.</summary>
/// <remarks>Not thread-safe: a settings object belongs to whoever fills it; limiters copy it.</remarks>
public abstract class QuotaOptions : LimiterOptions
{
    private protected QuotaOptions()
    {
    }

    /// <summary>Gets or sets the permits per <see cref="Period"/>.</summary>
    /// <value>None by default; at least 1 must be set.</value>
    public int Permits { get; set; }

    /// <summary>Gets or sets the period.</summary>
    /// <value>One second by default. Positive.</value>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(1);

    internal virtual RateQuota ToQuota() => new(Permits, Period);

    internal override string? Problem() =>
        Permits <= 0 ? $"Permits is {Permits}; it must be at least 1."
        : Period <= TimeSpan.Zero ? $"Period is {Period}; it must be positive."
        : base.Problem();
}
