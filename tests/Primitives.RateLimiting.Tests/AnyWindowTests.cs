namespace Primitives.Tests;

/// <summary>The bound of each limiter, by brute force over every window of random traces.</summary>
public class AnyWindowTests
{
    private static readonly RateQuota Quota = new(20, TimeSpan.FromMilliseconds(10));

    [Theory]
    [InlineData("token bucket", 40)]   // burst and refill of one period
    [InlineData("leaky bucket", 24)]   // a request of up to 4 is granted whole, and then paid for
    [InlineData("fixed window", 40)]
    [InlineData("fixed window from first use", 40)]
    [InlineData("sliding log", 20)]
    [InlineData("sliding counter", 39)]
    [InlineData("composite", 40)]
    public void No_window_of_a_random_trace_exceeds_the_stated_bound(string kind, int bound)
    {
        int worst = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            (long period, List<(long Time, int Permits)> grants) = Trace(kind, seed, maxPermits: 4);
            for (int i = 0; i < grants.Count; i++)
            {
                int sum = 0;
                for (int j = i; j < grants.Count && grants[j].Time < grants[i].Time + period; j++)
                {
                    sum += grants[j].Permits;
                }

                worst = Math.Max(worst, sum);
            }
        }

        Assert.InRange(worst, kind == "leaky bucket" ? 10 : 20, bound);
    }

    [Fact]
    public void A_leaky_bucket_spaces_single_permits_evenly()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            (long period, List<(long Time, int Permits)> grants) = Trace("leaky bucket", seed, maxPermits: 3);
            for (int i = 1; i < grants.Count; i++)
            {
                Assert.True(grants[i].Time - grants[i - 1].Time >= grants[i - 1].Permits * (period / Quota.Permits));
            }
        }
    }

    [Fact]
    public void A_fixed_window_admits_twice_its_limit_across_an_edge_and_the_log_does_not()
    {
        Assert.Equal(40, AcrossAnEdge("fixed window"));
        Assert.Equal(20, AcrossAnEdge("sliding log"));
    }

    private static int AcrossAnEdge(string kind)
    {
        var time = new ManualTimeProvider();
        using QuotaLimiter limiter = LimiterKind.Make(kind, Quota, time);
        time.Advance(Quota.Period - TimeSpan.FromTicks(1));
        int granted = 0;
        for (int i = 0; i < 2; i++)
        {
            while (limiter.TryAcquire())
            {
                granted++;
            }

            time.Advance(TimeSpan.FromTicks(1));
        }

        return granted;
    }

    private static (long Period, List<(long Time, int Permits)> Grants) Trace(string kind, int seed, int maxPermits)
    {
        var random = new Random(seed);
        var time = new SteppedClock(frequency: 1_000_000);
        using QuotaLimiter limiter = LimiterKind.Make(kind, Quota, time);
        List<(long, int)> grants = [];
        for (int i = 0; i < 600; i++)
        {
            // Bursts, and pauses of about a period so that edges are hit.
            time.Step(random.Next(8) switch { 0 => random.Next(9_000, 11_000), 1 => random.Next(2_000), _ => random.Next(60) });
            int permits = random.Next(1, maxPermits + 1);
            if (limiter.TryAcquire(permits))
            {
                grants.Add((time.Now, permits));
            }
        }

        return (10_000, grants);
    }
}
