using System.Threading.RateLimiting;

namespace Primitives.Tests;

/// <summary>A way of making one kind of limiter, for tests that all kinds must pass.</summary>
public sealed record LimiterKind(string Name, Func<RateQuota, int, QueueProcessingOrder, TimeProvider, QuotaLimiter> Create)
{
    public static readonly LimiterKind[] All =
    [
        new("token bucket", (quota, queue, order, time) => new TokenBucketLimiter(Fill(new TokenBucketOptions(), quota, queue, order), time)),
        new("leaky bucket", (quota, queue, order, time) => new LeakyBucketLimiter(Fill(new LeakyBucketOptions(), quota, queue, order), time)),
        new("fixed window", (quota, queue, order, time) => new FixedWindowLimiter(Fill(new FixedWindowOptions(), quota, queue, order), time)),
        new("fixed window from first use", (quota, queue, order, time) => new FixedWindowLimiter(Fill(new FixedWindowOptions { Alignment = WindowAlignment.FirstUse }, quota, queue, order), time)),
        new("sliding log", (quota, queue, order, time) => new SlidingWindowLogLimiter(Fill(new SlidingWindowLogOptions(), quota, queue, order), time)),
        new("sliding counter", (quota, queue, order, time) => new SlidingWindowCounterLimiter(Fill(new SlidingWindowCounterOptions(), quota, queue, order), time)),
        new("composite", (quota, queue, order, time) => new CompositeLimiter(
            new CompositeLimiterOptions { QueueLimit = queue, QueueOrder = order, Quotas = { quota, new RateQuota(quota.Permits * 10, quota.Period * 5) } }, time)),
    ];

    /// <summary>A key of a keyed limiter, which has no queue and no idle time of its own.</summary>
    private static readonly LimiterKind Keyed = new("keyed", (quota, _, _, time) => new OneKeyLimiter(quota, time));

    public static TheoryData<string> NamesAndKeyed => [.. All.Append(Keyed).Select(kind => kind.Name)];

    public static TheoryData<string> Names => [.. All.Select(kind => kind.Name)];

    /// <summary>The kinds that can grant their whole limit at once: all but the shaper's spacing allows it.</summary>
    public static TheoryData<string> NamesWithBurst => [.. All.Select(kind => kind.Name).Where(name => name != "leaky bucket")];

    public static QuotaLimiter Make(
        string kind, RateQuota quota, TimeProvider time, int queueLimit = 0, QueueProcessingOrder order = QueueProcessingOrder.OldestFirst) =>
        All.Append(Keyed).Single(candidate => candidate.Name == kind).Create(quota, queueLimit, order, time);

    private static T Fill<T>(T options, RateQuota quota, int queue, QueueProcessingOrder order)
        where T : QuotaOptions
    {
        options.Permits = quota.Permits;
        options.Period = quota.Period;
        options.QueueLimit = queue;
        options.QueueOrder = order;
        return options;
    }
}
