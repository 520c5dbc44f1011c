using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The numbered properties P1 to P9 of the design notes; P10 and P11 are with <see cref="Retry"/> and
/// <see cref="RetryBudget"/>.</summary>
public class BackoffPropertyTests
{
    private const int Sample = 20_000;
    private const double OneIn100000 = 2.42;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void P1_Every_delay_is_between_zero_and_the_cap() => PropertyTest.Check(BackoffShapes.Any, subject =>
    {
        foreach (TimeSpan delay in BackoffShapes.EdgeAttempts.Select(subject.Backoff.GetDelay).Concat(subject.Backoff.ToList(70)))
        {
            Assert.InRange(delay, TimeSpan.Zero, subject.Backoff.Cap);
        }
    });

    [Fact]
    public void P2_Without_jitter_delays_follow_the_formula_never_decrease_and_stay_at_the_cap() => PropertyTest.Check(
        BackoffShapes.Any,
        subject =>
        {
            if (subject.Jittered)
            {
                return;
            }

            TimeSpan previous = TimeSpan.Zero;
            for (int attempt = 0; attempt < 70; attempt++)
            {
                TimeSpan delay = subject.Backoff.GetDelay(attempt);
                Assert.True(delay >= previous, $"{subject.Name}: {delay} follows {previous}.");

                // Doubles have 53 bits and the exponentiation rounds once a step: a part in 10^13, or a tick.
                long exact = subject.Ceiling!(attempt);
                Assert.InRange(Math.Abs(delay.Ticks - exact), 0, 1 + (exact / 10_000_000_000_000));
                previous = delay;
            }

            foreach (int attempt in BackoffShapes.EdgeAttempts)
            {
                // Slow growth has not arrived yet at 1,000 attempts; by two thousand million all powers have.
                bool arrived = attempt == int.MaxValue && subject.Name.StartsWith("shape 2", StringComparison.Ordinal) && subject.Backoff.GetDelay(9_999) > subject.Backoff.BaseDelay;
                long least = arrived ? subject.Backoff.Cap.Ticks : 0;
                Assert.InRange(subject.Backoff.GetDelay(attempt).Ticks, least, subject.Backoff.Cap.Ticks);
            }
        },
        count: 300);

    [Fact]
    public void P2_A_factor_just_above_one_is_monotone_to_the_cap()
    {
        var backoff = Backoff.Exponential(TimeSpan.FromTicks(1_000_003), Backoff.MaxDelay, 1.001, BackoffJitter.None);
        TimeSpan previous = TimeSpan.Zero;
        int attempt = 0;
        for (; previous < backoff.Cap; attempt++)
        {
            TimeSpan delay = backoff.GetDelay(attempt);
            Assert.True(delay > previous);
            previous = delay;
        }

        Assert.InRange(attempt, 17_000, 18_000); // ln(4.3e13 / 1e6) / ln(1.001)
    }

    [Theory]
    [InlineData(BackoffJitter.Full, 3, 0.0, 8.0)]
    [InlineData(BackoffJitter.Full, 9, 0.0, 30.0)]
    [InlineData(BackoffJitter.Equal, 3, 4.0, 8.0)]
    [InlineData(BackoffJitter.Equal, 9, 15.0, 30.0)]
    public void P3_Full_and_equal_jitter_are_uniform_in_their_range(BackoffJitter jitter, int attempt, double from, double to)
    {
        var backoff = Backoff.Exponential(Second, TimeSpan.FromSeconds(30), jitter: jitter);
        double[] sample = Draw(backoff, attempt);

        Assert.InRange(KolmogorovSmirnov.Uniform(sample, from, to), 0, OneIn100000);
        Assert.InRange(sample.Average(), ((from + to) / 2) - ((to - from) / 50), ((from + to) / 2) + ((to - from) / 50));
        double variance = sample.Select(value => Math.Pow(value - sample.Average(), 2)).Average();
        Assert.InRange(variance * 12 / Math.Pow(to - from, 2), 0.95, 1.05);
        Assert.True(sample.Min() >= from && sample.Max() < to);
    }

    [Fact]
    public void P3_Decorrelated_jitter_is_uniform_between_base_and_three_times_the_last()
    {
        var scaled = new double[Sample];
        for (int i = 0; i < Sample;)
        {
            TimeSpan previous = Second;
            foreach (TimeSpan delay in Backoff.Decorrelated(Second, TimeSpan.FromSeconds(30)).WithSeed((ulong)i).WithMaxAttempts(21))
            {
                TimeSpan end = 3 * previous < TimeSpan.FromSeconds(30) ? 3 * previous : TimeSpan.FromSeconds(30);
                Assert.True(delay >= Second && delay < end);
                scaled[i++] = (delay - Second) / (end - Second);
                previous = delay;
            }
        }

        Assert.InRange(KolmogorovSmirnov.Uniform(scaled, 0, 1), 0, OneIn100000);
    }

    [Fact]
    public void P3_Decorrelated_delays_of_one_attempt_are_those_of_the_enumeration()
    {
        var backoff = Backoff.Decorrelated(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)).WithSeed(5);
        List<TimeSpan> sequence = backoff.ToList(3_000);

        // Beyond 1,024 attempts the walk starts late and meets the sequence on the way.
        foreach (int attempt in (int[])[0, 1, 2, 100, 1_022, 1_023, 1_024, 1_500, 2_999])
        {
            Assert.Equal(sequence[attempt], backoff.GetDelay(attempt));
        }
    }

    [Fact]
    public void P3_PollyV2_sums_telescope_below_plain_exponential()
    {
        for (ulong seed = 0; seed < 1_000; seed++)
        {
            double sum = 0;
            int n = 0;
            foreach (TimeSpan delay in Backoff.PollyV2(Second, Backoff.MaxDelay).WithSeed(seed).WithMaxAttempts(16))
            {
                sum += delay.TotalSeconds;
                n++;
                Assert.True(delay >= TimeSpan.Zero);
                Assert.True(sum < Math.Pow(2, n) / 1.4, $"seed {seed}: {n} delays take {sum} s.");
            }

            Assert.Equal(15, n);
        }
    }

    [Theory]
    [InlineData(0, 0.90, 0.31)]
    [InlineData(1, 1.14, 0.33)]
    [InlineData(2, 2.01, 0.62)]
    [InlineData(3, 4.02, 1.24)]
    [InlineData(4, 8.03, double.NaN)]
    public void P3_PollyV2_has_the_published_quantiles(int attempt, double median, double fifth)
    {
        double[] sample = Draw(Backoff.PollyV2(Second, Backoff.MaxDelay), attempt);
        Array.Sort(sample);

        Assert.InRange(sample[Sample / 2] / median, 0.97, 1.03);
        if (!double.IsNaN(fifth))
        {
            Assert.InRange(sample[Sample / 20] / fifth, 0.93, 1.07);
        }
    }

    [Fact]
    public void P3_PollyV2_is_distributed_like_Pollys_own()
    {
        const int Theirs = 2_000; // each takes five waits
        // The two-sample statistic: each of Polly's fifth delays against the empirical distribution of ours.
        double[] ours = Draw(Backoff.PollyV2(Second, Backoff.MaxDelay), 4);
        double[] theirs = new double[Theirs];
        var random = new Random(17);
        for (int i = 0; i < Theirs; i++)
        {
            theirs[i] = PollyDelays.FifthExponentialDelay(Second, random).TotalSeconds;
        }

        Array.Sort(ours);
        Array.Sort(theirs);
        double worst = 0;
        for (int i = 0; i < Theirs; i++)
        {
            int below = Array.BinarySearch(ours, theirs[i]);
            worst = Math.Max(worst, Math.Abs(((below < 0 ? ~below : below) / (double)Sample) - (i / (double)Theirs)));
        }

        Assert.InRange(worst * Math.Sqrt((double)Sample * Theirs / (Sample + Theirs)), 0, OneIn100000);
    }

    [Fact]
    public void P4_No_attempt_overflows_or_throws() => PropertyTest.Check(BackoffShapes.Any, subject =>
    {
        foreach (int attempt in BackoffShapes.EdgeAttempts)
        {
            Assert.True(subject.Backoff.GetDelay(attempt) >= TimeSpan.Zero, subject.Name);
        }
    });

    [Fact]
    public async Task P5_Every_delay_is_one_that_timers_and_Task_Delay_accept()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        Backoff[] longest =
        [
            Backoff.Constant(Backoff.MaxDelay, BackoffJitter.None),
            Backoff.Linear(TimeSpan.FromDays(40), TimeSpan.FromDays(40), TimeSpan.MaxValue, BackoffJitter.None),
            Backoff.Exponential(TimeSpan.FromDays(40), TimeSpan.MaxValue, 3, BackoffJitter.None),
            Backoff.Exponential(TimeSpan.FromTicks(1), TimeSpan.MaxValue, jitter: BackoffJitter.None),
        ];
        foreach (Backoff backoff in longest)
        {
            TimeSpan delay = backoff.GetDelay(int.MaxValue);
            Assert.Equal(Backoff.MaxDelay, delay);
            await Assert.ThrowsAsync<TaskCanceledException>(() => Task.Delay(delay, cancelled.Token)); // and not ArgumentOutOfRange
            await using ITimer timer = TimeProvider.System.CreateTimer(_ => { }, null, delay, Timeout.InfiniteTimeSpan);
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Task.Delay(Backoff.MaxDelay + TimeSpan.FromMilliseconds(1), CancellationToken.None));
    }

    [Fact]
    public void P6_A_seed_fixes_the_sequence_bit_for_bit()
    {
        long[] full = [.. Backoff.Exponential(Second, TimeSpan.FromSeconds(30)).WithSeed(42).ToList(6).Select(delay => delay.Ticks)];
        long[] tripled = [.. Backoff.Exponential(Second, TimeSpan.FromMinutes(5), 3, BackoffJitter.Equal).WithSeed(42).ToList(6).Select(delay => delay.Ticks)];
        long[] decorrelated = [.. Backoff.Decorrelated(Second, TimeSpan.FromSeconds(30)).WithSeed(42).ToList(6).Select(delay => delay.Ticks)];

        // Written down once; the same on every platform, and in every release.
        Assert.Equal(GoldenDelays.Full, full);
        Assert.Equal(GoldenDelays.TripledEqual, tripled);
        Assert.Equal(GoldenDelays.Decorrelated, decorrelated);
    }

    [Fact]
    public void P6_Seeded_delays_are_those_of_the_enumeration_and_unseeded_ones_are_not() => PropertyTest.Check(
        BackoffShapes.Any,
        subject =>
        {
            List<TimeSpan> sequence = subject.Backoff.ToList(70);
            Assert.Equal(sequence, subject.Backoff.ToList(70));
            Assert.Equal(sequence, Enumerable.Range(0, 70).Select(subject.Backoff.GetDelay));
        });

    [Fact]
    public void P6_Sequences_of_one_unseeded_value_differ_and_copies_share_no_delays()
    {
        Backoff backoff = Backoff.Exponential(Second, TimeSpan.FromDays(1));
        Backoff copy = backoff.WithMaxAttempts(9);
        IEnumerable<TimeSpan> all = Enumerable.Range(0, 500).SelectMany(i => (i % 2 == 0 ? backoff : copy).ToList(8));

        Assert.Equal(4_000, all.Distinct().Count());
    }

    [Fact]
    public void P7_No_jittered_delay_is_the_cap() => PropertyTest.Check(BackoffShapes.Any, subject =>
    {
        if (subject.Jittered && subject.Backoff.Cap > subject.Backoff.BaseDelay)
        {
            Assert.DoesNotContain(subject.Backoff.Cap, subject.Backoff.ToList(200));
        }
    });

    [Fact]
    public void P8_Delays_and_enumeration_allocate_nothing()
    {
        Backoff[] all =
        [
            Backoff.Constant(Second),
            Backoff.Linear(Second, Second, TimeSpan.FromMinutes(1)),
            Backoff.Exponential(Second, TimeSpan.FromMinutes(1)),
            Backoff.Exponential(Second, TimeSpan.FromMinutes(1), 1.5, BackoffJitter.Equal),
            Backoff.Decorrelated(Second, TimeSpan.FromMinutes(1)),
            Backoff.PollyV2(Second, TimeSpan.FromMinutes(1)),
            Backoff.Exponential(Second, TimeSpan.FromMinutes(1)).WithSeed(3),
        ];
        long sum = 0;
        Allocation.AssertNone(() =>
        {
            foreach (Backoff backoff in all)
            {
                sum += backoff.GetDelay(7).Ticks;
                foreach (TimeSpan delay in backoff.WithMaxAttempts(8).WithMaxElapsed(TimeSpan.FromMinutes(5)))
                {
                    sum += delay.Ticks;
                }
            }
        });
        Assert.NotEqual(0, sum);
    }

    [Fact]
    public void P9_Bad_settings_are_refused()
    {
        TimeSpan minute = TimeSpan.FromMinutes(1);
        Assert.Throws<ArgumentOutOfRangeException>("baseDelay", () => Backoff.Constant(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("baseDelay", () => Backoff.Constant(-Second));
        Assert.Throws<ArgumentOutOfRangeException>("baseDelay", () => Backoff.Constant(Backoff.MaxDelay + TimeSpan.FromTicks(1)));
        Assert.Throws<ArgumentOutOfRangeException>("baseDelay", () => Backoff.Exponential(TimeSpan.Zero, minute));
        Assert.Throws<ArgumentOutOfRangeException>("cap", () => Backoff.Exponential(minute, Second));
        Assert.Throws<ArgumentOutOfRangeException>("cap", () => Backoff.Linear(minute, Second, Second));
        Assert.Throws<ArgumentOutOfRangeException>("cap", () => Backoff.Decorrelated(minute, Second));
        Assert.Throws<ArgumentOutOfRangeException>("cap", () => Backoff.PollyV2(minute, Second));
        Assert.Throws<ArgumentOutOfRangeException>("increment", () => Backoff.Linear(Second, -Second, minute));
        Assert.Throws<ArgumentOutOfRangeException>("jitter", () => Backoff.Constant(Second, (BackoffJitter)9));
        foreach (double factor in (double[])[0.999, 0, -2, 1.0005, 1001, double.NaN, double.PositiveInfinity])
        {
            Assert.Throws<ArgumentOutOfRangeException>("factor", () => Backoff.Exponential(Second, minute, factor));
        }

        Assert.Throws<ArgumentOutOfRangeException>("maxAttempts", () => Backoff.Constant(Second).WithMaxAttempts(0));
        Assert.Throws<ArgumentOutOfRangeException>("maxElapsed", () => Backoff.Constant(Second).WithMaxElapsed(-Second));
        Assert.Throws<ArgumentOutOfRangeException>("attempt", () => Backoff.Constant(Second).GetDelay(-1));
    }

    [Fact]
    public void D9_Jitter_is_not_lost_at_the_cap()
    {
        // Linear 10 s with a cap of 5 s, where Polly gives every client exactly 5 s. A cap below the base is refused here;
        // the nearest legal setting has the base at the cap.
        Backoff capped = Backoff.Linear(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5));
        double[] sample = Draw(capped, 4);
        Assert.InRange(KolmogorovSmirnov.Uniform(sample, 0, 5), 0, OneIn100000);

        // And at the tenth delay, where 99.8 % of Polly's are the cap.
        double[] late = Draw(Backoff.PollyV2(Second, TimeSpan.FromSeconds(30)), 10);
        Assert.True(late.Max() < 30 && late.Distinct().Count() > Sample * 0.99);

        Assert.Equal(TimeSpan.FromSeconds(5), PollyDelays.LinearWithJitterAtTheCap());
    }

    /// <summary>The delay of one attempt in seconds, one seed after another.</summary>
    private static double[] Draw(Backoff backoff, int attempt)
    {
        var sample = new double[Sample];
        for (int i = 0; i < Sample; i++)
        {
            sample[i] = backoff.WithSeed((ulong)i).GetDelay(attempt).TotalSeconds;
        }

        return sample;
    }
}
