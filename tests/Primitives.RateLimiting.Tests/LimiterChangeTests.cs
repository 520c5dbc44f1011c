using System.Numerics;
using System.Threading.RateLimiting;
using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

/// <summary>Reservations, refunds, debts and new quotas.</summary>
public class LimiterChangeTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_token_bucket_with_refunds_debts_and_resets_equals_its_model()
    {
        Gen<(int Kind, Operation Operation)> steps =
            from kind in Gen.Choose(0, 9) from operation in Operation.Any select (kind, operation);
        PropertyTest.CheckSequence(steps, sequence =>
        {
            RateQuota quota = RateQuota.PerSecond(7) with { Burst = 12 };
            var time = new SteppedClock();
            using var limiter = new TokenBucketLimiter(quota, time);
            using var composite = new CompositeLimiter([quota], time);
            var model = new BucketModel(quota, time.TimestampFrequency, time.Now);
            foreach ((int kind, Operation operation) in sequence)
            {
                time.Step((new BigInteger(1_000_000) * operation.Wait) + operation.Extra);
                switch (kind)
                {
                    case 0:
                        model.Refund(time.Now, operation.Permits);
                        limiter.Refund(operation.Permits);
                        composite.Refund(operation.Permits);
                        break;
                    case 1:
                        model.Charge(time.Now, operation.Permits * 3);
                        limiter.Consume(operation.Permits * 3);
                        composite.Consume(operation.Permits * 3);
                        break;
                    case 2 when operation.Extra == 0:
                        model.Reset(time.Now);
                        limiter.Reset();
                        composite.Reset();
                        break;
                    default:
                        bool fits = model.Fits(time.Now, operation.Permits);
                        Assert.Equal(fits, limiter.TryAcquire(operation.Permits));
                        Assert.Equal(fits, composite.TryAcquire(operation.Permits));
                        if (fits)
                        {
                            model.Charge(time.Now, operation.Permits);
                        }

                        break;
                }

                Assert.Equal(model.Remaining(time.Now), limiter.Peek().Remaining);
                Assert.Equal(model.Remaining(time.Now), composite.Peek().Remaining);
            }
        });
    }

    [Fact]
    public void A_reservation_says_when_and_cancelling_it_leaves_no_trace()
    {
        foreach (string kind in (string[])["token bucket", "leaky bucket", "composite"])
        {
            using QuotaLimiter limiter = LimiterKind.Make(kind, new RateQuota(2, TimeSpan.FromSeconds(2)), _time);
            while (limiter.TryAcquire())
            {
            }

            RateLimitDecision before = limiter.Peek();
            Assert.False(TryReserve(limiter, 1, before.RetryAfter - TimeSpan.FromTicks(1), out _));
            Assert.True(TryReserve(limiter, 1, before.RetryAfter, out RateLimitReservation? first));
            Assert.Equal((1, before.RetryAfter), (first!.Permits, first.Delay));
            Assert.True(TryReserve(limiter, 1, TimeSpan.MaxValue, out RateLimitReservation? second));
            Assert.Equal(before.RetryAfter + TimeSpan.FromSeconds(1), second!.Delay);
            Assert.True(second.Cancel());
            Assert.False(second.Cancel());
            Assert.True(first.Cancel());
            Assert.Equal((before.Remaining, before.RetryAfter), (limiter.Peek().Remaining, limiter.Peek().RetryAfter));

            Assert.True(TryReserve(limiter, 1, TimeSpan.FromSeconds(9), out RateLimitReservation? kept));
            _time.Advance(kept!.Delay);
            Assert.False(kept.Cancel()); // its time has come
            Assert.Throws<ArgumentOutOfRangeException>(() => TryReserve(limiter, 1, TimeSpan.FromTicks(-1), out _));
            Assert.Throws<ArgumentOutOfRangeException>(() => TryReserve(limiter, 3, TimeSpan.MaxValue, out _));
        }
    }

    [Fact]
    public void A_debt_is_paid_off_before_anything_is_granted()
    {
        using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(10), _time);
        limiter.Consume(35);
        Assert.False(limiter.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromSeconds(2.6), decision.RetryAfter);
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Consume(0));

        using var slow = new TokenBucketLimiter(new RateQuota(1, TimeSpan.FromDays(300)), _time);
        Assert.Throws<ArgumentOutOfRangeException>(() => slow.Consume(int.MaxValue));
        Assert.Equal(1, slow.Peek().Remaining); // nothing was taken

        using var window = new FixedWindowLimiter(RateQuota.PerSecond(10), WindowAlignment.FirstUse, _time);
        window.Consume(35);
        Assert.False(window.TryAcquire(1, out decision));
        Assert.Equal(TimeSpan.FromSeconds(3), decision.RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(window.TryAcquire(5));
        Assert.False(window.TryAcquire());
    }

    [Fact]
    public void A_token_bucket_keeps_what_was_taken_under_a_new_quota()
    {
        using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(100), _time);
        limiter.TryAcquire(70);
        limiter.Reconfigure(RateQuota.PerSecond(200));
        Assert.Equal((200, 130L), (limiter.Limit, limiter.Peek().Remaining));
        limiter.Reconfigure(RateQuota.PerMinute(50));
        Assert.False(limiter.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromSeconds(21 * 60 / 50.0), decision.RetryAfter);
        Assert.Equal(RateQuota.PerMinute(50), limiter.Quota);
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Reconfigure(new RateQuota(1, TimeSpan.MaxValue)));
        Assert.Equal(RateQuota.PerMinute(50), limiter.Quota);
    }

    [Fact]
    public void The_other_limiters_keep_what_was_taken_too()
    {
        using var composite = new CompositeLimiter([RateQuota.PerSecond(10), RateQuota.PerMinute(100)], _time);
        composite.TryAcquire(6);
        composite.Reconfigure(RateQuota.PerSecond(8), RateQuota.PerMinute(50), RateQuota.PerDay(7));
        Assert.Equal(2, composite.Peek().Remaining);
        Assert.Equal(7, composite.Limit);

        using var log = new SlidingWindowLogLimiter(RateQuota.PerSecond(10), _time);
        log.TryAcquire(4);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        log.TryAcquire(4);
        log.Reconfigure(RateQuota.PerSecond(6));
        Assert.False(log.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromMilliseconds(500), decision.RetryAfter);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(2, log.Peek().Remaining);

        using var window = new FixedWindowLimiter(RateQuota.PerMinute(10), WindowAlignment.Clock, _time);
        window.TryAcquire(7);
        window.Reconfigure(RateQuota.PerHour(8));
        Assert.Equal(1, window.Peek().Remaining);

        using var counter = new SlidingWindowCounterLimiter(RateQuota.PerMinute(10), _time);
        counter.TryAcquire(10);
        _time.Advance(TimeSpan.FromSeconds(90));
        counter.Reconfigure(RateQuota.PerHour(10));
        Assert.Equal(5, counter.Peek().Remaining);

        using var leaky = new LeakyBucketLimiter(RateQuota.PerSecond(1), _time);
        leaky.TryAcquire();
        leaky.Reconfigure(RateQuota.PerMinute(1));
        Assert.Equal(TimeSpan.FromMinutes(1), leaky.Peek().RetryAfter);
    }

    [Fact]
    public void A_longer_window_holds_at_once_though_the_log_had_forgotten()
    {
        using var log = new SlidingWindowLogLimiter(RateQuota.PerSecond(10), _time);
        log.TryAcquire(10);
        _time.Advance(TimeSpan.FromSeconds(1));
        log.TryAcquire(1);
        log.Reconfigure(new RateQuota(12, TimeSpan.FromSeconds(10))); // 11 were taken in the last ten seconds
        Assert.False(log.TryAcquire(2));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(log.TryAcquire(12));
    }

    [Fact]
    public async Task A_waiter_for_more_than_a_lowered_limit_is_refused_and_a_raised_one_serves()
    {
        using var limiter = new TokenBucketLimiter(
            new TokenBucketOptions { Permits = 10, Period = TimeSpan.FromMinutes(1), QueueLimit = 20 }, _time);
        limiter.TryAcquire(10);
        Task<RateLimitLease> large = limiter.AcquireAsync(10).AsTask();
        Task<RateLimitLease> small = limiter.AcquireAsync(2).AsTask();
        limiter.Reconfigure(RateQuota.PerMinute(5));
        Assert.False((await large).IsAcquired);
        Assert.False(small.IsCompleted);
        limiter.Reconfigure(RateQuota.PerMinute(100));
        Assert.True((await small).IsAcquired);
    }

    [Fact]
    public void A_composite_names_the_quota_that_refuses_longest_and_takes_nothing_of_the_others()
    {
        // dotnet/runtime #113314, #130114: the chained limiter consumes the outer one and does not say who refused.
        using var limiter = new CompositeLimiter(
            [RateQuota.PerSecond(10) with { Name = "burst" }, RateQuota.PerDay(12) with { Name = "daily" }], _time);
        Assert.True(limiter.TryAcquire(9));
        using RateLimitLease refused = limiter.AttemptAcquire(9);
        Assert.True(refused.TryGetMetadata(RateLimitMetadata.Quota, out string? name));
        Assert.Equal("daily", name);
        Assert.False(limiter.TryAcquire(2, out RateLimitDecision decision));
        Assert.Equal("burst", limiter.Quotas[decision.QuotaIndex].Name);
        Assert.True(limiter.TryAcquire(1, out decision));
        Assert.Equal((0, 0L), (decision.QuotaIndex, decision.Remaining)); // 0 of burst, 2 of daily
    }

    [Fact]
    public void A_daily_window_ends_at_midnight_and_a_clock_set_back_does_not_open_another()
    {
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 3, 1, 22, 0, 0, TimeSpan.Zero));
        using var limiter = new FixedWindowLimiter(RateQuota.PerDay(1), WindowAlignment.Clock, time);
        Assert.True(limiter.TryAcquire());
        Assert.False(limiter.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromHours(2), decision.RetryAfter);
        time.AdvanceUtc(TimeSpan.FromDays(-3));
        Assert.False(limiter.TryAcquire());
        time.Advance(TimeSpan.FromHours(2));
        Assert.True(limiter.TryAcquire());
    }

    [Fact]
    public void Rates_that_are_not_exact_fall_short_by_less_than_stated()
    {
        foreach (int permits in (int[])[1_000_003, 299_999_977])
        {
            var time = new SteppedClock();
            using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(permits), time);
            Assert.True(limiter.TryAcquire(permits));
            time.Step(TimeSpan.FromMilliseconds(500));
            double error = 1 - (limiter.Peek().Remaining / (permits / 2.0));
            Assert.InRange(error, 0, 6e-6);
        }
    }

    [Fact]
    public void Quotas_and_settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RateQuota.PerSecond(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateQuota(1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateQuota(1, TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => RateQuota.PerDay(1) with { Burst = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenBucketLimiter(new RateQuota(1, TimeSpan.MaxValue)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeakyBucketLimiter(new RateQuota(1, TimeSpan.MaxValue)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedWindowLimiter(new RateQuota(1, TimeSpan.MaxValue)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SlidingWindowLogLimiter(new RateQuota(int.MaxValue, TimeSpan.FromDays(1))));
        Assert.Throws<ArgumentException>(() => new SlidingWindowLogLimiter(RateQuota.PerDay(1) with { Burst = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedWindowLimiter(RateQuota.PerDay(1), (WindowAlignment)7));
        Assert.Throws<ArgumentException>(() => new CompositeLimiter([]));
        Assert.Throws<ArgumentNullException>(() => new CompositeLimiter([null!]));
        Assert.Throws<ArgumentNullException>(() => new TokenBucketLimiter((RateQuota)null!));
        Assert.Throws<ArgumentNullException>(() => new TokenBucketLimiter((TokenBucketOptions)null!));
        Assert.Throws<ArgumentException>(() => new TokenBucketLimiter(new TokenBucketOptions()));
        Assert.Throws<ArgumentException>(() => new TokenBucketLimiter(new TokenBucketOptions { Permits = 1, Burst = 0 }));
        Assert.Throws<ArgumentException>(() => new TokenBucketLimiter(new TokenBucketOptions { Permits = 1, QueueLimit = -1 }));
        Assert.Throws<ArgumentException>(() => new FixedWindowLimiter(new FixedWindowOptions { Permits = 1, Period = TimeSpan.Zero }));
    }

    private static bool TryReserve(QuotaLimiter limiter, int permits, TimeSpan maxDelay, out RateLimitReservation? reservation) => limiter switch
    {
        TokenBucketLimiter bucket => bucket.TryReserve(permits, maxDelay, out reservation),
        LeakyBucketLimiter bucket => bucket.TryReserve(permits, maxDelay, out reservation),
        CompositeLimiter composite => composite.TryReserve(permits, maxDelay, out reservation),
        _ => throw new ArgumentException("No reservations.", nameof(limiter)),
    };
}
