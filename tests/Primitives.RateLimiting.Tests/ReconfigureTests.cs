using System.Threading.RateLimiting;

namespace Primitives.Tests;

/// <summary>New quotas in the middle of windows, debts and waiting.</summary>
public class ReconfigureTests
{
    private static readonly RateQuota Ten = new(10, TimeSpan.FromSeconds(10));

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_log_that_was_reconfigured_twice_still_knows_what_it_let_go_of()
    {
        using var log = new SlidingWindowLogLimiter(RateQuota.PerSecond(10), _time);
        log.TryAcquire(10);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(log.TryAcquire());
        log.Reconfigure(RateQuota.PerSecond(10)); // a reload that changes nothing
        log.Reconfigure(new RateQuota(12, TimeSpan.FromSeconds(10)));
        Assert.False(log.TryAcquire(2)); // 11 were taken in the last ten seconds
        log.Reconfigure(new RateQuota(20, TimeSpan.FromSeconds(10)));
        Assert.False(log.TryAcquire(10)); // 11 and 10 are more than 20
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(log.TryAcquire(10));
    }

    [Fact]
    public void A_log_whose_period_shrank_and_grew_keeps_the_bound_of_the_longer_one()
    {
        using var log = new SlidingWindowLogLimiter(new RateQuota(10, TimeSpan.FromSeconds(10)), _time);
        log.TryAcquire(10);
        _time.Advance(TimeSpan.FromSeconds(5));
        log.Reconfigure(RateQuota.PerSecond(10));
        Assert.Equal(10, log.Peek().Remaining);
        log.Reconfigure(new RateQuota(10, TimeSpan.FromSeconds(10)));
        Assert.False(log.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromSeconds(5), decision.RetryAfter);
        log.Reset();
        log.Reconfigure(new RateQuota(10, TimeSpan.FromSeconds(20)));
        Assert.Equal(10, log.Peek().Remaining);
    }

    [Fact]
    public void A_log_whose_limit_was_lowered_and_raised_forgets_no_permit()
    {
        using var log = new SlidingWindowLogLimiter(RateQuota.PerMinute(10), _time);
        log.TryAcquire(4);
        _time.Advance(TimeSpan.FromSeconds(10));
        log.TryAcquire(6);
        log.Reconfigure(RateQuota.PerMinute(5));
        Assert.False(log.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromSeconds(60), decision.RetryAfter); // 4 leave in 50 s, which is not enough
        log.Reconfigure(RateQuota.PerMinute(10));
        Assert.False(log.TryAcquire());
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(4, log.Peek().Remaining);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_log_under_random_quotas_and_refunds_never_has_more_in_a_window_than_the_quota_in_force(int seed)
    {
        // The oracle keeps every permit that was not refunded; whichever is refunded, the oldest or the newest in the window.
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            var time = new SteppedClock();
            var quota = new RateQuota(random.Next(1, 12), TimeSpan.FromMilliseconds(random.Next(1, 20)));
            using var log = new SlidingWindowLogLimiter(quota, time);
            List<long> taken = [];
            for (int i = 0; i < 100; i++)
            {
                time.Step(TimeSpan.FromMicroseconds(random.Next(3_000)));
                long begin = time.Now - (quota.Period.Ticks * 100);
                int live = taken.Count(at => at > begin);
                switch (random.Next(12))
                {
                    case 0:
                        quota = new RateQuota(random.Next(1, 12), TimeSpan.FromMilliseconds(random.Next(1, 20)));
                        log.Reconfigure(quota);
                        break;
                    case 1 when live > 0:
                        taken.RemoveAt(random.Next(2) == 0 ? taken.Count - 1 : taken.Count - live);
                        log.Refund(1);
                        break;
                    default:
                        int permits = random.Next(1, quota.Permits + 1);
                        if (log.TryAcquire(permits))
                        {
                            Assert.True(live + permits <= quota.Permits, "More than the limit in a window.");
                            taken.AddRange(Enumerable.Repeat(time.Now, permits));
                        }

                        break;
                }
            }
        }
    }

    [Fact]
    public async Task A_debt_of_windows_survives_a_period_of_decades_and_the_timer_is_set_for_its_end()
    {
        using var limiter = new FixedWindowLimiter(
            new FixedWindowOptions { Permits = 1, Period = TimeSpan.FromTicks(1), Alignment = WindowAlignment.FirstUse, QueueLimit = 5 }, _time);
        limiter.Consume(int.MaxValue);
        Task<RateLimitLease> waiting = limiter.AcquireAsync().AsTask();
        limiter.Reconfigure(new RateQuota(1, TimeSpan.FromDays(10_000)));
        Assert.True(limiter.Peek().RetryAfter >= TimeSpan.FromDays(10_000));
        Assert.False(waiting.IsCompleted);
        limiter.Reset();
        Assert.True((await waiting).IsAcquired);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Whoever_waits_is_served_exactly_when_the_new_quota_allows_it(string kind)
    {
        foreach (RateQuota quota in (RateQuota[])[new(10, TimeSpan.FromSeconds(2)), new(10, TimeSpan.FromSeconds(50)), new(40, TimeSpan.FromSeconds(40)), new(5, TimeSpan.FromSeconds(5))])
        {
            var time = new ManualTimeProvider();
            using QuotaLimiter limiter = LimiterKind.Make(kind, Ten, time, queueLimit: 10);
            using QuotaLimiter twin = LimiterKind.Make(kind, Ten, time);
            foreach (QuotaLimiter each in (QuotaLimiter[])[limiter, twin])
            {
                while (each.TryAcquire())
                {
                }

                Consume(each, 3);
            }

            Task<RateLimitLease> waiting = limiter.AcquireAsync().AsTask();
            time.Advance(TimeSpan.FromMilliseconds(500));
            Assert.False(waiting.IsCompleted);
            Reconfigure(limiter, quota);
            Reconfigure(twin, quota);
            RateLimitDecision alone = twin.Peek();
            Assert.Equal(alone.IsAcquired, waiting.IsCompleted);
            if (!alone.IsAcquired)
            {
                time.Advance(alone.RetryAfter - TimeSpan.FromTicks(1));
                Assert.False(waiting.IsCompleted);
                time.Advance(TimeSpan.FromTicks(1));
            }

            Assert.True((await waiting.WaitAsync(TimeSpan.FromSeconds(30))).IsAcquired);
            Assert.Equal(0, limiter.GetStatistics()!.CurrentQueuedCount);
        }
    }

    private static void Consume(QuotaLimiter limiter, int permits)
    {
        switch (limiter)
        {
            case TokenBucketLimiter bucket:
                bucket.Consume(permits);
                break;
            case LeakyBucketLimiter bucket:
                bucket.Consume(permits);
                break;
            case CompositeLimiter composite:
                composite.Consume(permits);
                break;
            case FixedWindowLimiter window:
                window.Consume(permits);
                break;
        }
    }

    private static void Reconfigure(QuotaLimiter limiter, RateQuota quota)
    {
        switch (limiter)
        {
            case TokenBucketLimiter bucket:
                bucket.Reconfigure(quota);
                break;
            case LeakyBucketLimiter bucket:
                bucket.Reconfigure(quota);
                break;
            case CompositeLimiter composite:
                composite.Reconfigure(quota);
                break;
            case FixedWindowLimiter window:
                window.Reconfigure(quota);
                break;
            case SlidingWindowLogLimiter window:
                window.Reconfigure(quota);
                break;
            case SlidingWindowCounterLimiter window:
                window.Reconfigure(quota);
                break;
        }
    }
}
