using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>A <see cref="Bulkhead"/> in the platform's shape. Holds nothing of its own.</summary>
internal sealed class BulkheadRateLimiter(Bulkhead bulkhead) : RateLimiter
{
    private long _successful;
    private long _failed;

    // Never idle, so that a partitioned limiter does not replace it and thereby split its count.
    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics GetStatistics()
    {
        BulkheadStatistics statistics = bulkhead.Statistics;
        return new RateLimiterStatistics
        {
            CurrentAvailablePermits = Math.Max(0, bulkhead.MaxConcurrency - statistics.InUse),
            CurrentQueuedCount = statistics.Queued,
            TotalSuccessfulLeases = Volatile.Read(ref _successful),
            TotalFailedLeases = Volatile.Read(ref _failed),
        };
    }

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        CheckCount(permitCount);
        if (permitCount == 0)
        {
            return bulkhead.InUse < bulkhead.MaxConcurrency ? BulkheadRateLimitLease.Nothing : BulkheadRateLimitLease.Refused;
        }

        bulkhead.TryAcquire(out BulkheadLease lease);
        return Wrap(lease);
    }

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        CheckCount(permitCount);
        return permitCount == 0
            ? AttemptAcquireCore(0)
            : Wrap(await bulkhead.AcquireAsync(cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    private static void CheckCount(int permitCount)
    {
        if (permitCount > 1)
        {
            throw new ArgumentOutOfRangeException(nameof(permitCount), permitCount, "A bulkhead gives one place at a time.");
        }
    }

    private BulkheadRateLimitLease Wrap(BulkheadLease lease)
    {
        Interlocked.Increment(ref lease.IsAcquired ? ref _successful : ref _failed);
        return lease.IsAcquired ? new BulkheadRateLimitLease(lease) : BulkheadRateLimitLease.Refused;
    }
}
