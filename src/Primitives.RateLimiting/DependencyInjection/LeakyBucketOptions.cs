namespace Primitives;

/// <summary>The settings of a <see cref="LeakyBucketLimiter"/>.</summary>
public sealed class LeakyBucketOptions : QuotaOptions
{
}
