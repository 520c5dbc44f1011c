using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>The names of what a refused lease carries, besides <see cref="MetadataName.RetryAfter"/>.</summary>
/// <remarks>Immutable. A granted lease carries nothing, so that it costs nothing: whoever wants to know what is left calls
/// <see cref="QuotaLimiter.TryAcquire(int, out RateLimitDecision)"/>.</remarks>
public static class RateLimitMetadata
{
    /// <summary>Gets the name of <see cref="RateLimitDecision.Limit"/>.</summary>
    public static MetadataName<int> Limit { get; } = new("LIMIT");

    /// <summary>Gets the name of <see cref="RateLimitDecision.Remaining"/>.</summary>
    public static MetadataName<long> Remaining { get; } = new("REMAINING");

    /// <summary>Gets the name of <see cref="RateLimitDecision.ResetAfter"/>.</summary>
    public static MetadataName<TimeSpan> ResetAfter { get; } = new("RESET_AFTER");

    /// <summary>Gets the name of the <see cref="RateQuota.Name"/> of the quota that refused, present if it has one.</summary>
    public static MetadataName<string> Quota { get; } = new("QUOTA");
}
