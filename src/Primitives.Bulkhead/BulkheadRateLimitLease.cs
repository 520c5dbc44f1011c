using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>A place in a bulkhead as the platform's lease. Thread-safe: it is given back once, whoever disposes it.</summary>
internal sealed class BulkheadRateLimitLease : RateLimitLease
{
    public static readonly BulkheadRateLimitLease Nothing = new(isAcquired: true);
    public static readonly BulkheadRateLimitLease Refused = new(isAcquired: false);

    private BulkheadLease _lease;
    private int _disposed;

    public BulkheadRateLimitLease(BulkheadLease lease)
    {
        _lease = lease;
        IsAcquired = true;
    }

    private BulkheadRateLimitLease(bool isAcquired) => IsAcquired = isAcquired;

    public override bool IsAcquired { get; }

    public override IEnumerable<string> MetadataNames => IsAcquired ? [] : [MetadataName.ReasonPhrase.Name];

    public override bool TryGetMetadata(string metadataName, [NotNullWhen(true)] out object? metadata)
    {
        metadata = !IsAcquired && metadataName == MetadataName.ReasonPhrase.Name ? "The bulkhead is full." : null;
        return metadata is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _lease.Dispose();
        }

        base.Dispose(disposing);
    }
}
