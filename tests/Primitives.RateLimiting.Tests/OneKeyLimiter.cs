using System.Threading.RateLimiting;

namespace Primitives.Tests;

/// <summary>One key of a <see cref="KeyedRateLimiter{TKey}"/>, so that the contract of all limiters can be asked of it.</summary>
internal sealed class OneKeyLimiter(RateQuota quota, TimeProvider time) : QuotaLimiter(LimiterQueue.None, time)
{
    private const string Key = "the one";

    private readonly KeyedRateLimiter<string> _keyed = new(new KeyedRateLimiterOptions<string> { Capacity = 10, Quotas = { quota } }, time);

    public override int Limit => quota.Burst;

    public override bool TryAcquire(int permits, out RateLimitDecision decision) => _keyed.TryAcquire(Key, permits, out decision);

    public override RateLimiterStatistics GetStatistics() => _keyed.GetStatistics(Key)!;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => _keyed.AttemptAcquire(Key, permitCount);

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        _keyed.AcquireAsync(Key, permitCount, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        _keyed.Dispose();
        base.Dispose(disposing);
    }

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision) => _keyed.TryAcquire(Key, permits, out decision);

    private protected override RateLimitDecision PeekLocked(int permits) => _keyed.Peek(Key, permits);

    private protected override void RefundLocked(int permits) => _keyed.Refund(Key, permits);

    private protected override void ResetLocked() => _keyed.Reset(Key);

    private protected override TimeSpan? IdleLocked() => _keyed.Peek(Key).ResetAfter > TimeSpan.Zero ? null : TimeSpan.Zero;
}
