using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>The lease of every grant: permits of a rate limiter are used up, so there is nothing to give back.</summary>
internal sealed class GrantedLease : RateLimitLease
{
    public static readonly GrantedLease Shared = new();

    public override bool IsAcquired => true;

    public override IEnumerable<string> MetadataNames => [];

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = null;
        return false;
    }
}
