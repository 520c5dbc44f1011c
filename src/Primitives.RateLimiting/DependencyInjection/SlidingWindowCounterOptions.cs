namespace Primitives;

/// <summary>The settings of a <see cref="SlidingWindowCounterLimiter"/>.</summary>
public sealed class SlidingWindowCounterOptions : QuotaOptions
{
}
