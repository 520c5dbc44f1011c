namespace Primitives;

/// <summary>The settings of a <see cref="TokenBucketLimiter"/>.</summary>
public sealed class TokenBucketOptions : QuotaOptions
{
    /// <summary>Gets or sets the most permits that can be taken at once.</summary>
    /// <value><see langword="null"/> by default: as many as there are per period. At least 1.</value>
    public int? Burst { get; set; }

    /// <summary>Gets or sets whether every call reads the precise clock, even of <see cref="TimeProvider.System"/>. Grants
    /// then cost the 25 ns or so of that reading more, and nothing of what accrues in a full bucket within a step of the
    /// coarse clock is lost.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool PreciseClock { get; set; }

    internal override RateQuota ToQuota() => new(Permits, Period) { Burst = Burst ?? Permits };

    internal override string? Problem() => Burst <= 0 ? $"Burst is {Burst}; it must be at least 1." : base.Problem();
}
