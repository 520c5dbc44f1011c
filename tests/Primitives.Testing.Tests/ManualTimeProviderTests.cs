using Primitives.Testing;

namespace Primitives.Tests;

public class ManualTimeProviderTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void Both_clocks_stand_still_until_advanced_together()
    {
        var clock = new ManualTimeProvider(Start, frequency: 1_000_000);
        long timestamp = clock.GetTimestamp();
        Assert.Equal(Start, clock.GetUtcNow());
        clock.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(1_500_000, clock.GetTimestamp() - timestamp);
        Assert.Equal(TimeSpan.FromSeconds(1.5), clock.GetElapsedTime(timestamp));
        Assert.Equal(Start.AddSeconds(1.5), clock.GetUtcNow());
    }

    [Fact]
    public void The_clocks_move_apart_and_the_wall_clock_goes_back()
    {
        var clock = new ManualTimeProvider(Start);
        long timestamp = clock.GetTimestamp();
        clock.AdvanceUtc(TimeSpan.FromHours(-1));
        Assert.Equal(timestamp, clock.GetTimestamp());
        Assert.Equal(Start.AddHours(-1), clock.GetUtcNow());
        clock.AdvanceTimestamp(TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromMinutes(2), clock.GetElapsedTime(timestamp));
        Assert.Equal(Start.AddHours(-1), clock.GetUtcNow());
        clock.SetUtcNow(Start);
        Assert.Equal(Start, clock.GetUtcNow());
    }

    [Fact]
    public void Timers_fire_in_order_at_their_due_times_within_one_advance()
    {
        var clock = new ManualTimeProvider(Start);
        var fired = new List<(string Name, DateTimeOffset At)>();
        using ITimer late = clock.CreateTimer(_ => fired.Add(("late", clock.GetUtcNow())), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using ITimer periodic = clock.CreateTimer(_ => fired.Add(("periodic", clock.GetUtcNow())), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        clock.Advance(TimeSpan.FromSeconds(1.999));
        Assert.Empty(fired);
        clock.Advance(TimeSpan.FromSeconds(4.001));
        Assert.Equal(
            [("periodic", Start.AddSeconds(2)), ("periodic", Start.AddSeconds(4)), ("late", Start.AddSeconds(5)), ("periodic", Start.AddSeconds(6))],
            fired);
        Assert.Equal(1, clock.ArmedTimers);
    }

    [Fact]
    public void A_callback_may_rearm_create_and_dispose_timers()
    {
        var clock = new ManualTimeProvider(Start);
        int count = 0;
        ITimer? timer = null;
        timer = clock.CreateTimer(
            _ =>
            {
                if (++count == 3)
                {
                    timer!.Dispose();
                }
                else
                {
                    timer!.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
                }
            },
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(3, count);
        Assert.Equal(0, clock.ArmedTimers);
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), TimeSpan.Zero));
    }

    [Fact]
    public void Stopping_a_timer_and_wall_clock_jumps_fire_nothing()
    {
        var clock = new ManualTimeProvider(Start);
        int count = 0;
        using ITimer timer = clock.CreateTimer(_ => count++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        clock.AdvanceUtc(TimeSpan.FromDays(1));
        Assert.Equal(0, count);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, count);
    }

    [Fact]
    public async Task Task_delay_completes_when_the_clock_reaches_its_time()
    {
        var clock = new ManualTimeProvider(Start);
        Task delay = Task.Delay(TimeSpan.FromMinutes(1), clock);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await delay;
    }

    [Fact]
    public async Task A_zero_due_time_fires_at_once()
    {
        var clock = new ManualTimeProvider(Start);
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = clock.CreateTimer(_ => fired.TrySetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await fired.Task;
        Assert.Equal(0, clock.ArmedTimers);
    }

    [Fact]
    public void A_due_time_between_two_ticks_of_a_coarse_clock_is_rounded_up()
    {
        var clock = new ManualTimeProvider(Start, frequency: 10);
        int count = 0;
        using ITimer timer = clock.CreateTimer(_ => count++, null, TimeSpan.FromMilliseconds(150), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, count);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, count);
    }

    [Fact]
    public void Time_does_not_go_back_by_advancing()
    {
        var clock = new ManualTimeProvider();
        Assert.Throws<ArgumentOutOfRangeException>("by", () => clock.Advance(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("by", () => clock.AdvanceTimestamp(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Steps_of_threads_that_advance_at_once_add_up()
    {
        var clock = new ManualTimeProvider(Start);
        long timestamp = clock.GetTimestamp();
        Race.Run(4, _ =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                clock.Advance(TimeSpan.FromMicroseconds(1));
            }
        });
        Assert.Equal(TimeSpan.FromMilliseconds(40), clock.GetElapsedTime(timestamp));
        Assert.Equal(Start.AddMilliseconds(40), clock.GetUtcNow());
    }

    [Fact]
    public void A_callback_may_step_the_wall_clock_while_the_clock_advances()
    {
        var clock = new ManualTimeProvider(Start);
        using ITimer timer = clock.CreateTimer(
            _ => clock.AdvanceUtc(TimeSpan.FromHours(-1)), null, TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(Start.AddSeconds(10).AddHours(-1), clock.GetUtcNow());
    }
}
