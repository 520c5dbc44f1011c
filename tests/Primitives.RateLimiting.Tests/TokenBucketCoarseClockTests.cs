using System.Numerics;

namespace Primitives.Tests;

/// <summary>The coarse clock only tells whether to read the precise one: as long as it shows no value for more than 1/32 s, no
/// more is granted than by the precise clock alone, and that at most 1/32 s later.</summary>
public class TokenBucketCoarseClockTests
{
    private const long Lag = 1_000_000_000 / 32;

    private static readonly RateQuota Quota = RateQuota.PerSecond(1_000) with { Burst = 50 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Adversarial_pairs_of_clocks_never_admit_more_than_burst_and_rate_in_any_interval(int seed)
    {
        // The coarse clock stalls for as long as it may, hurries, goes back, at the worst moments for a bucket: after idleness.
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            long coarse = 0;
            long coarseSince = 0;
            var time = new SteppedClock();
            bool isPrecise = round % 4 == 0;
            using var limiter = new TokenBucketLimiter(Quota, time, () => coarse, isPrecise);
            var exact = new BucketModel(Quota, time.TimestampFrequency, time.Now);
            List<(long Time, int Permits)> grants = [];
            for (int i = 0; i < 300; i++)
            {
                time.Step(random.Next(4) switch { 0 => 0, 1 => random.Next(1_000_000), 2 => random.Next(20_000_000), _ => random.Next(100_000_000) });
                if (random.Next(8) == 0 || time.Now - coarseSince > Lag)
                {
                    coarse = (Math.Abs(coarse) + random.Next(1, 5)) * (random.Next(2) == 0 ? 1 : -1);
                    coarseSince = time.Now;
                }

                int permits = random.Next(1, random.Next(2) == 0 ? 5 : 51);
                bool isPossible = exact.Fits(time.Now, permits);
                if (limiter.TryAcquire(permits))
                {
                    Assert.True(isPossible, "Granted what the exact bucket, charged with the same grants, does not have.");
                    exact.Charge(time.Now, permits);
                    grants.Add((time.Now, permits));
                }
                else
                {
                    Assert.False(exact.Fits(time.Now - (isPrecise ? 0 : Lag), permits), "Refused what the exact bucket had 1/32 s ago.");
                }
            }

            AssertBound(grants);
        }
    }

    [Fact]
    public void What_was_taken_before_idleness_is_paid_off_by_it()
    {
        // Charging it as of the next reading, which is safe whatever the coarse clock does, would leave the bucket empty.
        foreach (int taken in (int[])[1, 49, 50])
        {
            long coarse = 0;
            var time = new ManualTimeProvider();
            using var limiter = new TokenBucketLimiter(Quota, time, () => coarse);
            Assert.True(limiter.TryAcquire(taken));
            coarse++;
            time.Advance(TimeSpan.FromMilliseconds(taken + 31.25));
            Assert.True(limiter.TryAcquire(50));
            Assert.False(limiter.TryAcquire(1));
        }
    }

    [Fact]
    public void A_coarse_clock_that_stands_too_long_costs_no_more_than_what_accrues_in_the_excess()
    {
        foreach (int standstill in (int[])[31, 40, 60, 1_000])
        {
            long coarse = 0;
            var time = new ManualTimeProvider();
            using var limiter = new TokenBucketLimiter(Quota, time, () => coarse);
            time.Advance(TimeSpan.FromMilliseconds(standstill));
            Assert.True(limiter.TryAcquire(50));
            coarse++;
            int more = 0;
            while (limiter.TryAcquire())
            {
                more++;
            }

            Assert.InRange(more, 0, Math.Clamp(standstill - 31, 0, 50));
        }
    }

    [Fact]
    public void A_refusal_that_holds_for_long_reads_no_precise_clock_and_counts_down_exactly()
    {
        var time = new CountingClock();
        using var limiter = new TokenBucketLimiter(new RateQuota(10, TimeSpan.FromSeconds(10)), time, () => time.Now / 4_000_000);
        Assert.True(limiter.TryAcquire(10));
        Assert.False(limiter.TryAcquire(10, out RateLimitDecision decision)); // settles the grant
        time.Step(TimeSpan.FromMilliseconds(1.5));
        int readings = time.Readings;
        Assert.False(limiter.TryAcquire(3, out decision));
        Assert.Equal(readings, time.Readings);
        Assert.Equal((false, 10, 0L), (decision.IsAcquired, decision.Limit, decision.Remaining));
        Assert.Equal(TimeSpan.FromMilliseconds(2_998.5), decision.RetryAfter);
        Assert.Equal(TimeSpan.FromMilliseconds(9_998.5), decision.ResetAfter);

        time.Step(TimeSpan.FromMilliseconds(2_000));
        Assert.Equal((TimeSpan.FromMilliseconds(998.5), 2L), (decision.RetryAfter, decision.Remaining));
        time.Step(decision.RetryAfter - TimeSpan.FromTicks(1));
        Assert.False(limiter.TryAcquire(3));
        Assert.Equal(TimeSpan.FromTicks(1), decision.RetryAfter);
        time.Step(TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.Zero, decision.RetryAfter);
        Assert.True(limiter.TryAcquire(3));
        time.Step(TimeSpan.FromDays(40_000));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, 10L), (decision.RetryAfter, decision.ResetAfter, decision.Remaining));
    }

    [Fact]
    public void A_precise_bucket_far_from_full_reads_the_clock_once_a_step_and_a_fuller_one_with_every_grant()
    {
        var time = new CountingClock();
        using var limiter = new TokenBucketLimiter(new RateQuota(10, TimeSpan.FromSeconds(10)), time, () => time.Now / 4_000_000, isPrecise: true);
        int before = time.Readings;
        Assert.True(limiter.TryAcquire());
        Assert.True(limiter.TryAcquire());
        Assert.Equal(before + 2, time.Readings);
        Assert.True(limiter.TryAcquire()); // 3 s from full
        before = time.Readings;
        Assert.True(limiter.TryAcquire() && limiter.TryAcquire() && limiter.TryAcquire());
        Assert.InRange(time.Readings - before, 0, 2); // those with which it changes over
        before = time.Readings;
        Assert.True(limiter.TryAcquire());
        Assert.Equal(before, time.Readings);
        time.Step(TimeSpan.FromMilliseconds(6_500));
        Assert.Equal(9, limiter.Peek().Remaining);
        before = time.Readings;
        Assert.True(limiter.TryAcquire());
        Assert.True(time.Readings > before);
        Assert.Equal(8, limiter.GetStatistics()!.TotalSuccessfulLeases);
    }

    [Fact]
    public void A_burst_on_a_stalled_coarse_clock_after_idleness_does_not_earn_the_idle_time_as_well()
    {
        // The naive use of a coarse clock grants 50, and at its next step another 4 for the 4 ms before the burst.
        long coarse = 0;
        var time = new SteppedClock();
        using var limiter = new TokenBucketLimiter(Quota, time, () => coarse);
        time.Step(TimeSpan.FromMilliseconds(4));
        Assert.True(limiter.TryAcquire(50));
        coarse++;
        Assert.False(limiter.TryAcquire(1, out RateLimitDecision decision));
        Assert.Equal(TimeSpan.FromMilliseconds(1), decision.RetryAfter);
        time.Step(TimeSpan.FromMilliseconds(1));
        Assert.True(limiter.TryAcquire(1)); // the coarse clock still stands: the precise one is asked before refusing
        Assert.False(limiter.TryAcquire(1));
    }

    [Fact]
    public void A_refusal_is_decided_by_the_precise_clock_and_its_retry_is_exact()
    {
        long coarse = 0;
        var time = new ManualTimeProvider();
        using var limiter = new TokenBucketLimiter(Quota, time, () => coarse);
        for (int i = 0; i < 100; i++)
        {
            while (limiter.TryAcquire(7))
            {
            }

            Assert.False(limiter.TryAcquire(7, out RateLimitDecision decision));
            time.Advance(decision.RetryAfter - TimeSpan.FromTicks(1));
            Assert.False(limiter.TryAcquire(7));
            time.Advance(TimeSpan.FromTicks(1));
            Assert.True(limiter.TryAcquire(7));
            coarse += i % 3;
        }
    }

    [Fact]
    public void Idleness_is_seen_though_the_last_grants_were_made_on_a_stalled_clock()
    {
        var time = new ManualTimeProvider();
        using var limiter = new TokenBucketLimiter(Quota, time, () => 0);
        Assert.True(limiter.TryAcquire(50));
        Assert.Null(limiter.IdleDuration);
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(TimeSpan.Zero, limiter.IdleDuration);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(TimeSpan.FromSeconds(11), limiter.IdleDuration);
    }

    [Fact]
    public void Threads_on_both_clocks_of_the_system_stay_within_burst_and_rate()
    {
        // The real clocks: what is granted between two readings is at most what accrues, and the burst.
        foreach (bool precise in (bool[])[false, true])
        {
            using var limiter = new TokenBucketLimiter(new TokenBucketOptions { Permits = 2_000_000, Burst = 1_000, PreciseClock = precise });
            long begun = TimeProvider.System.GetTimestamp();
            long granted = 0;
            Race.Run(2, _ =>
            {
                long mine = 0;
                for (int i = 0; i < 300_000; i++)
                {
                    mine += limiter.TryAcquire(1, out RateLimitDecision _) ? 1 : 0;
                }

                Interlocked.Add(ref granted, mine);
            });
            double seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
            Assert.InRange(granted, 1_000, 1_000 + (seconds * 2_000_000));
        }
    }

    [Fact]
    public void Threads_that_grant_refund_and_refuse_at_once_keep_the_balance()
    {
        // Withdrawn words, stale readings and refunds against grants: at the end exactly what was not given back is gone.
        foreach ((bool isCoarse, bool isPrecise) in ((bool, bool)[])[(false, true), (true, false), (true, true)])
        {
            long coarse = 0;
            var time = new SteppedClock();
            using TokenBucketLimiter limiter = isCoarse
                ? new TokenBucketLimiter(new RateQuota(100_000, TimeSpan.FromDays(1)), time, () => Interlocked.Increment(ref coarse) / 7, isPrecise)
                : new TokenBucketLimiter(new RateQuota(100_000, TimeSpan.FromDays(1)), time);
            long balance = 0;
            Race.Run(4, thread =>
            {
                long mine = 0;
                for (int i = 0; i < 20_000; i++)
                {
                    mine += limiter.TryAcquire(1 + thread.Index) ? 1 + thread.Index : 0;
                    if (mine > 3 && thread.Random.Next(3) == 0)
                    {
                        limiter.Refund(3);
                        mine -= 3;
                    }

                    if (i % 1_000 == 0)
                    {
                        limiter.Reconfigure(new RateQuota(100_000, TimeSpan.FromDays(1)) { Burst = 100_000 + thread.Random.Next(2) });
                    }
                }

                Interlocked.Add(ref balance, mine);
            });
            Assert.Equal(limiter.Limit - balance, limiter.Peek().Remaining);
        }
    }

    private static void AssertBound(List<(long Time, int Permits)> grants)
    {
        for (int i = 0; i < grants.Count; i++)
        {
            BigInteger sum = 0;
            for (int j = i; j < grants.Count; j++)
            {
                sum += grants[j].Permits;
                BigInteger accrued = new BigInteger(grants[j].Time - grants[i].Time) * Quota.Permits;
                Assert.True((sum - Quota.Burst) * 1_000_000_000 <= accrued, "More than burst and rate in an interval.");
            }
        }
    }

    /// <summary>Counts how often it is read.</summary>
    private sealed class CountingClock : TimeProvider
    {
        public long Now { get; private set; } = 12_345;

        public int Readings { get; private set; }

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp()
        {
            Readings++;
            return Now;
        }

        public void Step(TimeSpan span) => Now += span.Ticks * 100;
    }
}
