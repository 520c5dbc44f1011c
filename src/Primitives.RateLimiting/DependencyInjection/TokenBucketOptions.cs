namespace Primitives;

/// <summary>The settings of a <see cref="TokenBucketLimiter"/>.</summary>
public sealed class TokenBucketOptions : QuotaOptions
{
    /// <summary>Gets or sets the most permits that can be taken at once.</summary>
    /// <value><see langword="null"/> by default: as many as there are per period. At least 1.</value>
    public int? Burst { get; set; }

    /// <summary>Gets or sets whether the bucket is to be what it would be if every call read the precise clock, even of
    /// <see cref="TimeProvider.System"/>. Grants from a bucket that is less than a second or two from full then cost the
    /// 25 ns or so of that reading more; from any other the outcome is the same without. By default a bucket that was full
    /// may be full again 1/32 s late.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool PreciseClock { get; set; }

    internal override RateQuota ToQuota() => new(Permits, Period) { Burst = Burst ?? Permits };

    internal override string? Problem() => Burst <= 0 ? $"Burst is {Burst}; it must be at least 1." : base.Problem();
}
