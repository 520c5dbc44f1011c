using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

public class CircuitBreakerTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Opens_at_the_ratio_once_there_are_enough_calls()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.MinimumThroughput, o.FailureRatio) = (10, 0.3));
        for (int i = 0; i < 7; i++)
        {
            breaker.Acquire().Success();
        }

        breaker.Acquire().Failure();
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Closed, breaker.State); // 2 of 9
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Open, breaker.State); // 3 of 10
    }

    [Fact]
    public void Old_calls_leave_the_window()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Acquire().Failure();
        _time.Advance(9 * Second);
        Assert.Equal(1, breaker.GetSnapshot().Failures);
        _time.Advance(Second);
        Assert.Equal(0, breaker.GetSnapshot().Failures);
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Closed, breaker.State);
        _time.Advance(TimeSpan.FromDays(400));
        Assert.Equal(0, breaker.GetSnapshot().Calls);
    }

    [Fact]
    public void Slow_calls_open_it_though_they_succeed()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.SlowCallThreshold, o.SlowCallRatio) = (2 * Second, 0.5));
        CircuitPermit[] calls = [breaker.Acquire(), breaker.Acquire(), breaker.Acquire()];
        _time.Advance(2 * Second - TimeSpan.FromTicks(1));
        calls[0].Success();
        _time.Advance(TimeSpan.FromTicks(1));
        calls[1].Success();
        Assert.Equal(CircuitState.Open, breaker.State); // one of two
        Assert.False(calls[2].Success());
        Assert.Equal((2, 1), (breaker.Statistics.Succeeded, breaker.Statistics.Slow));

        _time.Advance(Second);
        CircuitPermit probe = breaker.AcquireProbe();
        _time.Advance(2 * Second);
        Assert.True(probe.Success());
        Assert.Equal(CircuitState.Open, breaker.State); // works, but too slowly
    }

    [Fact]
    public void Consecutive_failures_open_it_and_a_success_begins_anew()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.Window, o.ConsecutiveFailures) = (CircuitWindowKind.Consecutive, 3));
        foreach (bool success in (bool[])[false, false, true, false, false])
        {
            _ = success ? breaker.Acquire().Success() : breaker.Acquire().Failure();
        }

        Assert.Equal(CircuitState.Closed, breaker.State);
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public void A_share_of_the_probes_is_enough()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.HalfOpenProbes, o.HalfOpenConcurrency, o.HalfOpenSuccessRatio) = (10, 10, 0.7));
        breaker.Trip();
        _time.Advance(Second);
        for (int i = 0; i < 3; i++)
        {
            breaker.AcquireProbe().Failure();
        }

        for (int i = 0; i < 7; i++)
        {
            Assert.Equal(CircuitState.HalfOpen, breaker.State);
            breaker.AcquireProbe().Success();
        }

        Assert.Equal(CircuitState.Closed, breaker.State);
        breaker.Trip();
        _time.Advance(Second);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(CircuitState.HalfOpen, breaker.State);
            breaker.AcquireProbe().Failure();
        }

        Assert.Equal(CircuitState.Open, breaker.State); // the other six could not change it
    }

    [Fact]
    public void Reading_changes_nothing_and_tells_half_open_before_any_call()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        _time.Advance(Second - TimeSpan.FromTicks(1));
        Assert.Equal(CircuitState.Open, breaker.State);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((CircuitState.HalfOpen, CircuitState.HalfOpen), (breaker.State, breaker.GetSnapshot().State));
        Assert.Equal((1L, 0), (breaker.GetSnapshot().Generation, breaker.GetSnapshot().ProbesInFlight));
        Assert.True(breaker.TryAcquire(out _));
        Assert.Equal(2, breaker.GetSnapshot().Generation);
    }

    [Fact]
    public void Breaks_grow_until_it_closes()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        _time.Advance(Second);
        breaker.AcquireProbe().Failure();
        Assert.Equal((2 * Second, 2), (breaker.GetSnapshot().RetryAfter, breaker.GetSnapshot().ConsecutiveOpens));
        _time.Advance(2 * Second);
        breaker.AcquireProbe().Success();
        breaker.Trip();
        Assert.Equal((Second, 1), (breaker.GetSnapshot().RetryAfter, breaker.GetSnapshot().ConsecutiveOpens));
    }

    [Fact]
    public void Default_breaks_are_jittered_between_half_and_whole()
    {
        var seen = new HashSet<TimeSpan>();
        for (int i = 0; i < 50; i++)
        {
            var breaker = new CircuitBreaker(new CircuitBreakerOptions { MinimumThroughput = 1 }, _time);
            breaker.Trip();
            Assert.InRange(breaker.GetSnapshot().RetryAfter, 2.5 * Second, 5 * Second);
            seen.Add(breaker.GetSnapshot().RetryAfter);
        }

        Assert.Equal(50, seen.Count);
    }

    [Fact]
    public void Isolated_refuses_all_until_reset()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Isolate();
        breaker.Isolate();
        Assert.Equal((CircuitState.Isolated, CircuitMode.Isolated, 1L), (breaker.State, breaker.Mode, breaker.GetSnapshot().Generation));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.MaxValue, breaker.Refused(CircuitRejection.Isolated).RetryAfter);
        Assert.Contains("isolated", Assert.Throws<CircuitOpenException>(() => breaker.Acquire()).Message, StringComparison.Ordinal);
        breaker.Reset();
        Assert.Equal((CircuitState.Closed, CircuitMode.Normal), (breaker.State, breaker.Mode));
    }

    [Fact]
    public void Disabled_lets_all_through_and_counts_nothing()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        breaker.Mode = CircuitMode.Disabled;
        for (int i = 0; i < 100; i++)
        {
            CircuitPermit permit = breaker.Acquire();
            Assert.True(permit.IsAcquired && !permit.IsProbe);
            Assert.False(permit.Failure());
        }

        Assert.Equal((CircuitState.Disabled, 2L), (breaker.State, breaker.Statistics.Failed));
        breaker.Mode = CircuitMode.Normal;
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Observe_only_lets_through_what_it_would_refuse_and_says_so()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.Mode = CircuitMode.ObserveOnly);
        breaker.Trip();
        for (int i = 0; i < 10; i++)
        {
            CircuitPermit permit = breaker.Acquire();
            Assert.False(permit.Success());
        }

        Assert.Equal((CircuitState.Open, CircuitMode.ObserveOnly, 10L), (breaker.State, breaker.Mode, breaker.Statistics.Rejected));
        _time.Advance(Second);
        Assert.True(breaker.AcquireProbe().Success()); // it goes on as if it were in force
        Assert.Equal(CircuitState.Closed, breaker.State);
        breaker.Trip();
        breaker.Mode = CircuitMode.Normal; // now it is
        breaker.Refused(CircuitRejection.Open);
        Assert.Throws<ArgumentOutOfRangeException>(() => breaker.Mode = (CircuitMode)9);
    }

    [Fact]
    public void New_settings_take_effect_and_the_state_stays()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.MinimumThroughput = 100);
        breaker.Acquire().Failure();
        breaker.Update(Options(o => o.MinimumThroughput = 2));
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Open, breaker.State);
        breaker.Update(Options(o => o.Window = CircuitWindowKind.Consecutive));
        Assert.Equal(CircuitState.Open, breaker.State);
        _time.Advance(Second);
        breaker.AcquireProbe().Success();
        for (int i = 0; i < 4; i++)
        {
            breaker.Acquire().Failure();
        }

        Assert.Equal(CircuitState.Closed, breaker.State); // five in a row, by the new window
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.Throws<ArgumentException>("options", () => breaker.Update(new CircuitBreakerOptions { FailureRatio = 2 }));
    }

    [Fact]
    public async Task Execute_reports_what_happened()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.MinimumThroughput = 100);
        Assert.Equal(6, breaker.Execute(static state => state * 2, 3));
        Assert.Equal(3, breaker.Execute(() => 3));
        Assert.Equal(3, await breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 3));
        Assert.Equal(3, await breaker.ExecuteAsync(static async token =>
        {
            await Task.Yield();
            return 3;
        }));
        Assert.Equal(3, breaker.Execute(static state => state, 3, result => result == 3 ? CallOutcome.Failure : CallOutcome.Success));
        Assert.Equal(3, await breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 3, _ => CallOutcome.Ignored));
        Assert.Throws<InvalidOperationException>(() => breaker.Execute<int>(() => throw new InvalidOperationException()));
        CircuitResult<int> result = await breaker.TryExecuteAsync(static (state, _) => new ValueTask<int>(state), 3);
        Assert.Equal((false, 3, CircuitRejection.None), (result.IsRejected, result.Value, result.Reason));
        Assert.Equal((5, 2, 1), (breaker.Statistics.Succeeded, breaker.Statistics.Failed, breaker.Statistics.Ignored));
    }

    [Fact]
    public async Task A_refusal_is_an_exception_or_a_value_with_the_reason()
    {
        CircuitBreaker breaker = Breaker(_time);
        breaker.Trip();
        CircuitOpenException refusal = Assert.Throws<CircuitOpenException>(() => breaker.Execute(() => 1));
        Assert.Equal((CircuitRejection.Open, Second), (refusal.Reason, refusal.RetryAfter));
        ValueTask<int> task = breaker.ExecuteAsync(static (_, _) => new ValueTask<int>(1), 0);
        refusal = await Assert.ThrowsAsync<CircuitOpenException>(async () => await task);
        Assert.Equal(Second, refusal.RetryAfter);
        CircuitResult<int> result = await breaker.TryExecuteAsync(static (_, _) => new ValueTask<int>(1), 0);
        Assert.Equal((true, CircuitRejection.Open, Second), (result.IsRejected, result.Reason, result.RetryAfter));
        Assert.Equal(3, breaker.Statistics.Rejected);
    }

    [Fact]
    public async Task A_cancelled_token_takes_no_probes_place_and_a_timeout_of_the_calls_own_is_a_failure()
    {
        CircuitBreaker breaker = Breaker(_time);
        var cancelled = new CancellationToken(canceled: true);
        breaker.Trip();
        _time.Advance(Second);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await breaker.ExecuteAsync(static (_, _) => new ValueTask<int>(1), 0, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await breaker.TryExecuteAsync(static (_, _) => new ValueTask<int>(1), 0, null, cancelled));
        Assert.Equal(0, breaker.GetSnapshot().ProbesInFlight);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await breaker.ExecuteAsync<int>(static _ => throw new OperationCanceledException()));
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public void The_classifier_decides_about_exceptions()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.Classify = exception => exception is ArgumentException ? CallOutcome.Success : CallOutcome.Failure);
        Assert.Throws<ArgumentException>(() => breaker.Execute<int>(() => throw new ArgumentException("bad request")));
        Assert.Equal((1, 0), (breaker.Statistics.Succeeded, breaker.Statistics.Failed));
    }

    [Fact]
    public void Nothing_is_allocated_when_all_is_well_or_refused()
    {
        foreach (CircuitWindowKind window in Enum.GetValues<CircuitWindowKind>())
        {
            var breaker = new CircuitBreaker(new CircuitBreakerOptions { Window = window, SlowCallThreshold = Second });
            var isolated = new CircuitBreaker();
            isolated.Isolate();
            long sum = 0;
            Allocation.AssertNone(() =>
            {
                breaker.TryAcquire(out CircuitPermit permit);
                permit.Success();
                sum += breaker.Execute(static state => state, 1);
                ValueTask<int> task = breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 1);
                sum += task.IsCompletedSuccessfully ? task.Result : throw new InvalidOperationException();
                ValueTask<CircuitResult<int>> refused = isolated.TryExecuteAsync(static (state, _) => new ValueTask<int>(state), 1);
                sum += refused.IsCompletedSuccessfully && refused.Result.IsRejected ? 1 : throw new InvalidOperationException();
                sum += breaker.GetSnapshot().Calls + (long)breaker.State;
            });
            Assert.NotEqual(0, sum);
        }
    }

    [Fact]
    public async Task Bad_arguments_are_refused()
    {
        (string, Action<CircuitBreakerOptions>)[] bad =
        [
            ("Window", o => o.Window = (CircuitWindowKind)9),
            ("Mode", o => o.Mode = (CircuitMode)9),
            ("WindowSlices", o => o.WindowSlices = 0),
            ("WindowSlices", o => o.WindowSlices = 61),
            ("WindowDuration", o => o.WindowDuration = TimeSpan.FromMilliseconds(9)),
            ("WindowDuration", o => o.WindowDuration = TimeSpan.FromDays(2)),
            ("WindowSize", o => o.WindowSize = 0),
            ("ConsecutiveFailures", o => o.ConsecutiveFailures = 0),
            ("FailureRatio", o => o.FailureRatio = 0),
            ("FailureRatio", o => o.FailureRatio = 1.1),
            ("FailureRatio", o => o.FailureRatio = double.NaN),
            ("MinimumThroughput", o => o.MinimumThroughput = 0),
            ("MinimumThroughput", o => (o.Window, o.WindowSize, o.MinimumThroughput) = (CircuitWindowKind.Count, 5, 6)),
            ("SlowCallThreshold", o => o.SlowCallThreshold = TimeSpan.Zero),
            ("SlowCallRatio", o => o.SlowCallRatio = 0),
            ("BreakDuration", o => o.BreakDuration = TimeSpan.Zero),
            ("BreakDuration", o => o.BreakDuration = TimeSpan.FromMinutes(2)),
            ("MaxBreakDuration", o => o.MaxBreakDuration = TimeSpan.FromDays(90)),
            ("Break", o => o.Break = default(Backoff)),
            ("HalfOpenProbes", o => o.HalfOpenProbes = 17),
            ("HalfOpenConcurrency", o => o.HalfOpenConcurrency = 0),
            ("HalfOpenSuccessRatio", o => o.HalfOpenSuccessRatio = -1),
            ("ProbeTimeout", o => o.ProbeTimeout = TimeSpan.Zero),
        ];
        foreach ((string setting, Action<CircuitBreakerOptions> configure) in bad)
        {
            var options = new CircuitBreakerOptions();
            configure(options);
            ArgumentException refusal = Assert.Throws<ArgumentException>("options", () => new CircuitBreaker(options));
            Assert.StartsWith(setting + " is ", refusal.Message, StringComparison.Ordinal);
        }

        var breaker = new CircuitBreaker();
        Assert.Throws<ArgumentNullException>("call", () => breaker.Execute<int>(null!));
        Assert.Throws<ArgumentNullException>("call", () => breaker.Execute<int, int>(null!, 0));
        await Assert.ThrowsAsync<ArgumentNullException>("call", () => breaker.ExecuteAsync<int>(null!).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>("call", () => breaker.TryExecuteAsync<int, int>(null!, 0).AsTask());
        Assert.Throws<ArgumentNullException>("options", () => breaker.Update(null!));
    }
}
