using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class RetryBudgetTests
{
    [Fact]
    public void P11_Retries_stay_within_ratio_reserve_and_burst() => PropertyTest.CheckSequence(
        Gen.Choose(0, 9),
        operations =>
        {
            const double Ratio = 0.3;
            const int PerSecond = 2;
            const int Burst = 4;
            var time = new ManualTimeProvider();
            RetryBudget budget = RetryBudget.ByRatio(Ratio, PerSecond, Burst, time);

            // The naive version, in millionths: one balance the requests pay in, one bucket that refills with time.
            long saved = 0;
            double reserve = PerSecond;
            int requests = 0;
            int granted = 0;
            double elapsed = 0;
            foreach (int operation in operations)
            {
                switch (operation)
                {
                    case < 4:
                        budget.OnRequest();
                        saved = Math.Min(saved + 300_000, Burst * 1_000_000);
                        requests++;
                        break;
                    case < 9:
                        bool expected = saved >= 1_000_000 || reserve >= 1 - 1e-9;
                        Assert.Equal(expected, budget.TryRetry());
                        if (expected)
                        {
                            (saved, reserve) = saved >= 1_000_000 ? (saved - 1_000_000, reserve) : (saved, reserve - 1);
                            budget.OnAttemptEnded(isRetry: true, AttemptOutcome.Failed);
                            granted++;
                        }

                        Assert.True(granted <= Burst + (Ratio * requests) + (PerSecond * (elapsed + 1)));
                        break;
                    default:
                        time.Advance(TimeSpan.FromMilliseconds(100));
                        elapsed += 0.1;
                        reserve = Math.Min(PerSecond, reserve + (PerSecond * 0.1));
                        break;
                }
            }

            Assert.Equal(granted, budget.Granted);
        },
        count: 300);

    [Fact]
    public void P11_Many_threads_get_no_more_than_one()
    {
        var time = new ManualTimeProvider(); // stands still: the reserve is what it holds
        RetryBudget budget = RetryBudget.ByRatio(0.25, reservePerSecond: 50, burst: 1_000_000, time);
        long granted = 0;
        Race.Run(4, thread =>
        {
            long mine = 0;
            for (int i = 0; i < 20_000; i++)
            {
                budget.OnRequest();
                mine += budget.TryRetry() ? 1 : 0;
            }

            Interlocked.Add(ref granted, mine);
        });

        while (budget.TryRetry())
        {
            granted++;
        }

        Assert.Equal((80_000 / 4) + 50, granted); // nothing lost, nothing granted twice
        Assert.Equal(granted, budget.Granted);
        Assert.True(budget.Refused > 0);
    }

    [Fact]
    public void A_budget_by_ratio_saves_up_to_its_burst_and_no_more()
    {
        RetryBudget budget = RetryBudget.ByRatio(0.5, reservePerSecond: 0, burst: 2);
        Repeat(100, budget.OnRequest);
        Assert.Equal([true, true, false], [budget.TryRetry(), budget.TryRetry(), budget.TryRetry()]);
        budget.OnRequest();
        Assert.False(budget.TryRetry());
        budget.OnRequest();
        Assert.True(budget.TryRetry());
        Assert.Equal((3, 2), (budget.Granted, budget.Refused));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(0.5)]
    public void A_reserve_lets_retries_through_at_its_rate(double perSecond)
    {
        var time = new ManualTimeProvider();
        RetryBudget budget = RetryBudget.ByRatio(0, perSecond, burst: 1, time);
        int granted = 0;
        for (int i = 0; i < 1_000; i++) // 100 s
        {
            granted += budget.TryRetry() ? 1 : 0;
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(granted, perSecond * 99, (perSecond * 101) + 1);
    }

    [Fact]
    public void A_budget_by_concurrency_bounds_retries_in_flight_by_attempts_in_flight()
    {
        RetryBudget budget = RetryBudget.ByConcurrency(0.25, minimum: 1);
        budget.OnRequest();
        Assert.True(budget.TryRetry()); // the minimum
        Assert.False(budget.TryRetry());
        Repeat(7, budget.OnRequest); // 9 in flight with the retry; one more retry would be 2 of 10
        Assert.True(budget.TryRetry());
        Assert.False(budget.TryRetry());

        budget.OnAttemptEnded(isRetry: true, AttemptOutcome.Failed);
        Assert.True(budget.TryRetry());
    }

    [Fact]
    public void A_budget_by_concurrency_comes_back_to_nothing_in_flight_and_never_goes_over()
    {
        const int Minimum = 2;
        RetryBudget budget = RetryBudget.ByConcurrency(0, Minimum);
        int inFlight = 0;
        Race.Run(4, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                budget.OnRequest();
                if (budget.TryRetry())
                {
                    Assert.InRange(Interlocked.Increment(ref inFlight), 1, Minimum);
                    Interlocked.Decrement(ref inFlight);
                    budget.OnAttemptEnded(isRetry: true, AttemptOutcome.Abandoned);
                }

                budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Failed);
            }
        });

        // Were anything left over, fewer than the minimum would be granted now.
        Assert.Equal([true, true, false], [budget.TryRetry(), budget.TryRetry(), budget.TryRetry()]);
    }

    [Fact]
    public void A_grpc_budget_stops_at_half_its_tokens_and_recovers_by_successes()
    {
        RetryBudget budget = RetryBudget.Grpc(maxTokens: 10, ratio: 0.5);
        for (int i = 0; i < 4; i++)
        {
            budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Failed);
        }

        Assert.True(budget.TryRetry()); // 6 tokens
        budget.OnAttemptEnded(isRetry: true, AttemptOutcome.Failed);
        Assert.False(budget.TryRetry()); // 5 are not more than half
        budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Abandoned);
        Assert.False(budget.TryRetry());
        budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Succeeded);
        Assert.True(budget.TryRetry());

        for (int i = 0; i < 100; i++)
        {
            budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Failed);
        }

        for (int i = 0; i < 11; i++) // from zero, not from below it
        {
            Assert.False(budget.TryRetry());
            budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Succeeded);
        }

        Assert.True(budget.TryRetry());
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        RetryBudget[] budgets = [RetryBudget.ByRatio(), RetryBudget.ByConcurrency(), RetryBudget.Grpc()];
        Allocation.AssertNone(() =>
        {
            foreach (RetryBudget budget in budgets)
            {
                budget.OnRequest();
                budget.OnAttemptEnded(isRetry: false, AttemptOutcome.Failed);
                if (budget.TryRetry())
                {
                    budget.OnAttemptEnded(isRetry: true, AttemptOutcome.Succeeded);
                }
            }
        });
    }

    [Fact]
    public void Bad_settings_are_refused()
    {
        foreach (double ratio in (double[])[-0.1, 10.1, double.NaN])
        {
            Assert.Throws<ArgumentOutOfRangeException>("ratio", () => RetryBudget.ByRatio(ratio));
        }

        Assert.Throws<ArgumentOutOfRangeException>("ratio", () => RetryBudget.ByConcurrency(1.1));
        Assert.Throws<ArgumentOutOfRangeException>("ratio", () => RetryBudget.Grpc(10, 0));
        Assert.Throws<ArgumentOutOfRangeException>("reservePerSecond", () => RetryBudget.ByRatio(reservePerSecond: -1));
        Assert.Throws<ArgumentOutOfRangeException>("reservePerSecond", () => RetryBudget.ByRatio(reservePerSecond: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>("burst", () => RetryBudget.ByRatio(burst: 0));
        Assert.Throws<ArgumentOutOfRangeException>("maxTokens", () => RetryBudget.Grpc(0));
        Assert.Throws<ArgumentOutOfRangeException>("minimum", () => RetryBudget.ByConcurrency(minimum: -1));
    }

    private static void Repeat(int times, Action action)
    {
        for (int i = 0; i < times; i++)
        {
            action();
        }
    }
}
