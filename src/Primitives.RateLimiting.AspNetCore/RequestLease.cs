using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>The decision about a request, for ASP.NET Core's own middleware.</summary>
internal sealed class RequestLease(RequestDecision decision) : RateLimitLease
{
    public override bool IsAcquired => decision.IsAdmitted;

    public override IEnumerable<string> MetadataNames => decision.IsAdmitted ? [] : [MetadataName.RetryAfter.Name];

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = !decision.IsAdmitted && metadataName == MetadataName.RetryAfter.Name ? decision.Decision.RetryAfter : null;
        return metadata is not null;
    }
}
