using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>The decision about a request, for ASP.NET Core's own middleware.</summary>
internal sealed class RequestLease(RequestDecision decision) : RateLimitLease
{
    private static readonly string[] Names =
        [MetadataName.RetryAfter.Name, RateLimitMetadata.Limit.Name, RateLimitMetadata.Remaining.Name, RateLimitMetadata.ResetAfter.Name];

    public override bool IsAcquired => decision.IsAdmitted;

    public override IEnumerable<string> MetadataNames => decision.IsAdmitted ? [] : Names;

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = decision.IsAdmitted
            ? null
            : metadataName == MetadataName.RetryAfter.Name ? decision.Decision.RetryAfter
            : metadataName == RateLimitMetadata.Limit.Name ? decision.Decision.Limit
            : metadataName == RateLimitMetadata.Remaining.Name ? decision.Decision.Remaining
            : metadataName == RateLimitMetadata.ResetAfter.Name ? decision.Decision.ResetAfter
            : null;
        return metadata is not null;
    }
}
