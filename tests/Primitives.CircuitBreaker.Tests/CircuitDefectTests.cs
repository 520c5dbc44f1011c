using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

/// <summary>The numbered defects D1 to D8 of the design notes, each found in a well-known library, as it is right. D9, about
/// jitter, is with <see cref="Backoff"/>.</summary>
public class CircuitDefectTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void D1_A_success_from_before_the_break_does_not_close_the_breaker_during_a_probe()
    {
        CircuitBreaker breaker = Breaker(_time);
        CircuitPermit old = breaker.Acquire();
        breaker.Trip();
        _time.Advance(Second);
        CircuitPermit probe = breaker.AcquireProbe();

        Assert.False(old.Success());
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.True(probe.Failure()); // and the probe's own failure still decides
        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.Equal(1, breaker.Statistics.Stale);
    }

    [Fact]
    public void D2_A_failure_from_before_the_break_does_not_open_the_breaker_during_a_probe()
    {
        CircuitBreaker breaker = Breaker(_time);
        CircuitPermit old = breaker.Acquire();
        breaker.Trip();
        _time.Advance(Second);
        CircuitPermit probe = breaker.AcquireProbe();

        Assert.False(old.Failure());
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.True(probe.Success());
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public async Task D3_A_probe_that_its_caller_cancels_does_not_close_the_breaker()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        _time.Advance(Second);
        using var source = new CancellationTokenSource();
        ValueTask<int> probe = breaker.ExecuteAsync(
            static async token =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return 0;
            },
            source.Token);
        Assert.Equal(1, breaker.GetSnapshot().ProbesInFlight);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await probe);

        Assert.Equal((CircuitState.HalfOpen, 0), (breaker.State, breaker.GetSnapshot().ProbesInFlight));
        Assert.True(breaker.AcquireProbe().Success()); // its place is free
        Assert.Equal(1, breaker.Statistics.Ignored);
    }

    [Fact]
    public void D4_A_probe_that_hangs_is_given_up()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        _time.Advance(Second);
        CircuitPermit hung = breaker.AcquireProbe();
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(99));
            TimeSpan retryAfter = breaker.Refused(CircuitRejection.ProbesBusy).RetryAfter;
            Assert.InRange(retryAfter, TimeSpan.FromMilliseconds(99), 10 * Second);
        }

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, breaker.GetSnapshot().RetryAfter);
        CircuitPermit second = breaker.AcquireProbe();
        Assert.False(hung.Failure()); // too late
        Assert.True(second.Success());
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void D5_Steps_of_the_wall_clock_change_nothing()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        _time.AdvanceUtc(TimeSpan.FromHours(-1));
        Assert.Equal(Second, breaker.Refused(CircuitRejection.Open).RetryAfter);
        _time.AdvanceUtc(TimeSpan.FromHours(5));
        Assert.Equal(CircuitState.Open, breaker.State);
        _time.AdvanceTimestamp(Second);
        Assert.True(breaker.AcquireProbe().Success());
    }

    [Fact]
    public void D6_Nothing_of_the_users_runs_while_the_break_is_computed()
    {
        // Elsewhere an asynchronous generator of break durations is waited for under the lock. Here a break is a value, so
        // there is nothing to wait for: all a caller can see is the old state or the new one with its end.
        CircuitBreaker breaker = Breaker(_time, o => o.OnTransition = _ => throw new InvalidOperationException());
        Race.Run(4, _ =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                if (breaker.TryAcquire(out CircuitPermit permit))
                {
                    permit.Failure();
                }
                else
                {
                    Assert.Equal(Second, permit.RetryAfter);
                }
            }
        });
        Assert.Equal(1, breaker.Statistics.Opened);
    }

    [Fact]
    public async Task D7_A_slow_observer_does_not_delay_the_caller_that_trips()
    {
        using var release = new ManualResetEventSlim();
        var seen = new TaskCompletionSource<CircuitTransition>(TaskCreationOptions.RunContinuationsAsynchronously);
        CircuitBreaker breaker = Breaker(_time, o => o.OnTransition = transition =>
        {
            release.Wait();
            seen.TrySetResult(transition);
        });

        breaker.Trip(); // would never come back if it waited for the observer
        Assert.False(seen.Task.IsCompleted);
        release.Set();

        CircuitTransition transition = await seen.Task;
        Assert.Equal(new CircuitTransition(CircuitState.Closed, CircuitState.Open, 1, Second, 1, 2, 2, 0), transition);
    }

    [Fact]
    public void D8_RetryAfter_is_that_of_the_break_in_force_not_of_the_first()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        foreach (int expected in (int[])[2, 4, 8, 8])
        {
            _time.Advance(breaker.GetSnapshot().RetryAfter);
            Assert.True(breaker.AcquireProbe().Failure());
            Assert.Equal(expected * Second, breaker.Refused(CircuitRejection.Open).RetryAfter);
        }

        // During a probe: until the probe must have answered, whatever the break was.
        _time.Advance(8 * Second);
        _ = breaker.AcquireProbe();
        _time.Advance(3 * Second);
        Assert.Equal(7 * Second, breaker.Refused(CircuitRejection.ProbesBusy).RetryAfter);
    }
}
