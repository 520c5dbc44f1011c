using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>A refusal with its decision; names exactly the metadata it has.</summary>
internal sealed class RefusedLease(RateLimitDecision? decision, string? quota) : RateLimitLease
{
    /// <summary>The refusal of callers whose limiter was disposed of: there is no time after which to retry.</summary>
    public static readonly RefusedLease Disposed = new(null, null);

    public override bool IsAcquired => false;

    public override IEnumerable<string> MetadataNames
    {
        get
        {
            if (decision is not null)
            {
                yield return MetadataName.RetryAfter.Name;
                yield return RateLimitMetadata.Limit.Name;
                yield return RateLimitMetadata.Remaining.Name;
                yield return RateLimitMetadata.ResetAfter.Name;
            }

            if (quota is not null)
            {
                yield return RateLimitMetadata.Quota.Name;
            }
        }
    }

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = decision is not { } known
            ? null
            : metadataName == MetadataName.RetryAfter.Name ? known.RetryAfter
            : metadataName == RateLimitMetadata.Limit.Name ? known.Limit
            : metadataName == RateLimitMetadata.Remaining.Name ? known.Remaining
            : metadataName == RateLimitMetadata.ResetAfter.Name ? known.ResetAfter
            : metadataName == RateLimitMetadata.Quota.Name ? quota
            : null;
        return metadata is not null;
    }
}
