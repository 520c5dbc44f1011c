namespace Primitives;

/// <summary>What was decided about a request.</summary>
/// <param name="IsAdmitted">Whether it goes on: it was granted its permits, needs none, or is only watched.</param>
/// <param name="Decision">The limiter's decision.</param>
internal sealed record RequestDecision(bool IsAdmitted, RateLimitDecision Decision)
{
    public static readonly RequestDecision Unlimited = new(true, default);
}
