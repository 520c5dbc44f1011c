namespace Primitives;

/// <summary>The settings of a <see cref="SlidingWindowLogLimiter"/>.</summary>
public sealed class SlidingWindowLogOptions : QuotaOptions
{
}
