namespace Primitives.Tests;

public class BackoffTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void The_shapes_give_what_their_formulas_say()
    {
        Assert.Equal([2, 2, 2], Seconds(Backoff.Constant(2 * Second, BackoffJitter.None), 3));
        Assert.Equal([1, 3, 5, 7, 8, 8], Seconds(Backoff.Linear(Second, 2 * Second, 8 * Second, BackoffJitter.None), 6));
        Assert.Equal([1, 1], Seconds(Backoff.Linear(Second, TimeSpan.Zero, 8 * Second, BackoffJitter.None), 2));
        Assert.Equal([1, 2, 4, 8, 10, 10], Seconds(Backoff.Exponential(Second, 10 * Second, jitter: BackoffJitter.None), 6));
        Assert.Equal([1, 1.5, 2.25, 3.375], Seconds(Backoff.Exponential(Second, 10 * Second, 1.5, BackoffJitter.None), 4));
        Assert.Equal([1, 1, 1], Seconds(Backoff.Exponential(Second, 10 * Second, 1, BackoffJitter.None), 3));
    }

    [Fact]
    public void Five_attempts_have_four_delays()
    {
        Backoff backoff = Backoff.Constant(Second).WithMaxAttempts(5);
        Assert.Equal(5, backoff.MaxAttempts);
        Assert.Equal(4, backoff.ToList().Count);
        Assert.Empty(backoff.WithMaxAttempts(1).ToList());
        Assert.Equal(int.MaxValue, Backoff.Constant(Second).MaxAttempts);
        Assert.Equal(int.MaxValue, backoff.WithMaxAttempts(int.MaxValue).MaxAttempts);
    }

    [Fact]
    public void Delays_end_before_their_sum_exceeds_the_limit()
    {
        Backoff backoff = Backoff.Exponential(Second, 10 * Second, jitter: BackoffJitter.None);
        Assert.Equal([1, 2, 4], Seconds(backoff.WithMaxElapsed(7 * Second), 9));
        Assert.Equal([1, 2], Seconds(backoff.WithMaxElapsed((7 * Second) - TimeSpan.FromTicks(1)), 9));
        Assert.Empty(backoff.WithMaxElapsed(TimeSpan.Zero).ToList());
        Assert.Equal(1_000, Backoff.Constant(Backoff.MaxDelay, BackoffJitter.None).ToList(1_000).Count);
        Assert.Equal(TimeSpan.MaxValue, backoff.MaxElapsed);
    }

    [Fact]
    public void The_default_value_means_no_retry()
    {
        Backoff none = default;
        Assert.Empty(none.ToList());
        Assert.Equal((1, TimeSpan.Zero, TimeSpan.Zero), (none.MaxAttempts, none.GetDelay(3), none.Cap));
    }

    [Fact]
    public void A_cap_beyond_what_timers_take_is_lowered_to_that()
    {
        Assert.Equal(Backoff.MaxDelay, Backoff.Exponential(Second, TimeSpan.MaxValue).Cap);
        Assert.Equal((Second, 30 * Second), (Backoff.PollyV2(Second, 30 * Second).BaseDelay, Backoff.PollyV2(Second, 30 * Second).Cap));
    }

    [Fact]
    public void With_keeps_everything_else()
    {
        Backoff backoff = Backoff.Exponential(Second, 30 * Second).WithSeed(7).WithMaxAttempts(4).WithMaxElapsed(90 * Second);
        Assert.Equal((4, 90 * Second, 30 * Second), (backoff.MaxAttempts, backoff.MaxElapsed, backoff.Cap));
        Assert.Equal(Backoff.Exponential(Second, 30 * Second).WithSeed(7).ToList(3), backoff.ToList());
        Assert.NotEqual(backoff.ToList(), backoff.WithSeed(8).ToList());
    }

    private static double[] Seconds(Backoff backoff, int most) => [.. backoff.ToList(most).Select(delay => delay.TotalSeconds)];
}
