using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

/// <summary>Every limiter decides, counts and foretells exactly as its definition does in big integers.</summary>
public class ModelTests
{
    private const long Start = 12_345;

    /// <summary>Quotas that are exact: from 3 a day to 300 million a second, with periods that are no round numbers.</summary>
    private static readonly Gen<RateQuota> Quotas = Gen.Elements(
        RateQuota.PerSecond(3), RateQuota.PerSecond(10), RateQuota.PerSecond(300_000_000), RateQuota.PerMinute(7), RateQuota.PerDay(3),
        new RateQuota(5, TimeSpan.FromTicks(1)), new RateQuota(11, TimeSpan.FromTicks(12_345_677)), new RateQuota(1, TimeSpan.FromHours(1)));

    private static readonly Gen<long> Frequencies = Gen.Elements(1_000_000_000L, 10_000_000L, 1_000L, 3_579_545L);

    [Fact]
    public void A_token_bucket_equals_its_model() =>
        Check(
            from quota in Quotas from burst in Gen.Choose(1, 20) select quota with { Burst = burst },
            (quota, time) => new TokenBucketLimiter(quota, time),
            (quota, frequency) => new BucketModel(quota, frequency, Start));

    [Fact]
    public void A_token_bucket_on_a_coarse_clock_that_always_moves_equals_its_model()
    {
        long coarse = 0;
        Check(
            from quota in Quotas from burst in Gen.Choose(1, 20) select quota with { Burst = burst },
            (quota, time) => new TokenBucketLimiter(quota, time, () => coarse++),
            (quota, frequency) => new BucketModel(quota, frequency, Start));
    }

    [Fact]
    public void A_token_bucket_that_is_to_be_precise_equals_its_model_though_it_seldom_reads_the_precise_clock()
    {
        foreach (bool peeks in (bool[])[true, false])
        {
            Check(
                from quota in Quotas from burst in Gen.Choose(1, 20) select quota with { Burst = burst },
                (quota, time) => new TokenBucketLimiter(
                    quota, time, () => time.GetTimestamp() / Math.Max(1, time.TimestampFrequency / 50), isPrecise: true),
                (quota, frequency) => new BucketModel(quota, frequency, Start),
                peeks,
                countsAtReading: true);
        }
    }

    [Fact]
    public void A_leaky_bucket_equals_its_model() =>
        Check(
            Quotas,
            (quota, time) => new LeakyBucketLimiter(quota, time),
            (quota, frequency) => new BucketModel(quota, frequency, Start, isShaper: true));

    [Fact]
    public void A_fixed_window_equals_its_model() =>
        Check(
            Quotas,
            (quota, time) => new FixedWindowLimiter(quota, WindowAlignment.Clock, time),
            (quota, frequency) => new CountingModel(Start, Period(quota, frequency), quota.Permits)); // the clock starts at midnight

    [Fact]
    public void A_fixed_window_from_first_use_equals_its_model() =>
        Check(
            Quotas,
            (quota, time) => new FixedWindowLimiter(quota, WindowAlignment.FirstUse, time),
            (quota, frequency) => new FirstUseModel(Start, Period(quota, frequency), quota.Permits));

    [Fact]
    public void A_sliding_log_equals_its_model() =>
        Check(
            Quotas.Where(quota => quota.Permits < 100),
            (quota, time) => new SlidingWindowLogLimiter(quota, time),
            (quota, frequency) => new LogModel(Start, Period(quota, frequency), quota.Permits));

    [Fact]
    public void A_sliding_counter_equals_its_model() =>
        Check(
            Quotas,
            (quota, time) => new SlidingWindowCounterLimiter(quota, time),
            (quota, frequency) => new WeightedModel(Start, Period(quota, frequency), quota.Permits));

    [Fact]
    public void A_composite_equals_its_quotas_taken_all_or_none() =>
        Check(
            Quotas,
            (quota, time) => new CompositeLimiter([quota, Longer(quota)], time),
            (quota, frequency) => new AllOrNoneModel(
                Start, new BucketModel(quota, frequency, Start), new BucketModel(Longer(quota), frequency, Start)));

    private static RateQuota Longer(RateQuota quota) => new((int)Math.Min(int.MaxValue, quota.Permits * 4L), quota.Period * 7);

    private static BigInteger Period(RateQuota quota, long frequency) =>
        ((new BigInteger(quota.Period.Ticks) * frequency) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    private static void Check(
        Gen<RateQuota> quotas, Func<RateQuota, TimeProvider, QuotaLimiter> create, Func<RateQuota, long, LimiterModel> createModel, bool peeks = true, bool countsAtReading = false)
    {
        Gen<(RateQuota Quota, long Frequency, Operation[] Operations)> cases =
            from quota in quotas
            from frequency in Frequencies
            where (Int128)quota.Period.Ticks * frequency >= TimeSpan.TicksPerSecond // at least a clock tick
            from operations in Operation.Any.ArrayOf(60)
            select (quota, frequency, operations);

        PropertyTest.Check(
            cases,
            test =>
            {
                var time = new SteppedClock(test.Frequency, Start);
                using QuotaLimiter limiter = create(test.Quota, time);
                LimiterModel model = createModel(test.Quota, test.Frequency);
                foreach (Operation operation in test.Operations)
                {
                    time.Step((Period(test.Quota, test.Frequency) * operation.Wait / 1_000) + operation.Extra);
                    int permits = Math.Min(operation.Permits, limiter.Limit);
                    bool expected = model.Fits(time.Now, permits);
                    if (peeks) // which reads the precise clock
                    {
                        RateLimitDecision peeked = limiter.Peek(permits);
                        Assert.Equal(expected, peeked.IsAcquired);
                        AssertRemaining(model, time.Now, permits, peeked);
                    }

                    Assert.Equal(expected, limiter.TryAcquire(permits, out RateLimitDecision decision));
                    if (expected)
                    {
                        model.Charge(time.Now, permits);
                        Assert.Equal(TimeSpan.Zero, decision.RetryAfter);
                    }
                    else
                    {
                        Assert.Equal(ToTimeSpan(model.FitsAt(time.Now, permits) - time.Now, test.Frequency), decision.RetryAfter);
                    }

                    if (!expected || !countsAtReading) // where a grant tells what was left at the last reading
                    {
                        AssertRemaining(model, time.Now, permits, decision);
                    }
                }
            },
            count: 150);
    }

    private static void AssertRemaining(LimiterModel model, BigInteger now, int permits, in RateLimitDecision decision)
    {
        if (decision.IsAcquired)
        {
            Assert.Equal(model.Remaining(now), decision.Remaining);
        }
        else
        {
            Assert.Contains(decision.Remaining, model.RemainingOnRefusal(now, permits));
        }
    }

    private static TimeSpan ToTimeSpan(BigInteger ticks, long frequency) =>
        new((long)(((ticks * TimeSpan.TicksPerSecond) + frequency - 1) / frequency));

    private sealed class AllOrNoneModel(BigInteger start, params LimiterModel[] models) : LimiterModel(start)
    {
        public override bool Fits(BigInteger now, int permits) => models.All(model => model.Fits(now, permits));

        public override void Charge(BigInteger now, int permits) => Array.ForEach(models, model => model.Charge(now, permits));

        public override BigInteger Remaining(BigInteger now) => models.Min(model => model.Remaining(now));

        // The quota that refuses longest is the one reported; it need not have the least left.
        public override IEnumerable<BigInteger> RemainingOnRefusal(BigInteger now, int permits) =>
            models.Where(model => !model.Fits(now, permits)).Select(model => model.Remaining(now));
    }
}
