using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

/// <summary>The state machine against a locked reference model, under random interleavings of many calls: a call is acquired
/// at one step and reported at any later one, in any order.</summary>
public class CircuitModelTests
{
    [Theory]
    [InlineData(CircuitWindowKind.Time, false)]
    [InlineData(CircuitWindowKind.Time, true)]
    [InlineData(CircuitWindowKind.Count, false)]
    [InlineData(CircuitWindowKind.Count, true)]
    [InlineData(CircuitWindowKind.Consecutive, false)]
    [InlineData(CircuitWindowKind.Consecutive, true)]
    public void Behaves_as_the_reference_model(CircuitWindowKind window, bool slowCalls)
    {
        for (int shape = 0; shape < 4; shape++)
        {
            CircuitBreakerOptions options = Options(o =>
            {
                o.Window = window;
                o.WindowDuration = 1.2 * Second * (1 + shape);
                o.WindowSlices = 1 + shape;
                o.WindowSize = 3 + (4 * shape);
                o.ConsecutiveFailures = 1 + shape;
                o.MinimumThroughput = 1 + shape;
                o.FailureRatio = shape == 3 ? 1 : 0.3 + (0.2 * shape);
                o.SlowCallThreshold = slowCalls ? 0.7 * Second : null;
                o.SlowCallRatio = 0.6;
                o.HalfOpenProbes = 1 + (shape * 5);
                o.HalfOpenConcurrency = 1 + (shape * 2);
                o.HalfOpenSuccessRatio = shape == 0 ? 1 : 0.7;
                o.ProbeTimeout = 3 * Second;
            });
            PropertyTest.CheckSequence(Gen.Choose(0, 9_999), operations => Run(options, operations), count: 60);
        }
    }

    private static void Run(CircuitBreakerOptions options, int[] operations)
    {
        var time = new ManualTimeProvider();
        var breaker = new CircuitBreaker(options, time);
        var model = new NaiveCircuit(options);
        List<(CircuitPermit Real, (int, int, long) Model)> running = [];
        long now = 0;

        // Each generated number is a short run of steps, so that sequences get long enough for several breaks.
        foreach (int operation in operations.SelectMany(operation => Enumerable.Range(0, 8).Select(i => (operation * 31) + (i * 7_919))))
        {
            switch (operation % 16)
            {
                case < 6:
                    bool acquired = breaker.TryAcquire(out CircuitPermit permit);
                    var expected = model.Acquire(now);
                    Assert.Equal(expected.Acquired, acquired);
                    Assert.Equal(expected.Reason, permit.Reason);
                    Assert.Equal(expected.RetryAfter, permit.RetryAfter.TotalMilliseconds, 0.001);
                    Assert.Equal(acquired && expected.Permit.Probe > 0, permit.IsProbe);
                    if (!acquired)
                    {
                        Assert.Equal(permit.RetryAfter, breaker.GetSnapshot().RetryAfter);
                    }
                    else
                    {
                        running.Add((permit, expected.Permit));
                    }

                    break;
                case < 12 when running.Count > 0:
                    int which = operation / 16 % running.Count;
                    CallOutcome outcome = (operation / 64 % 8) switch { < 4 => CallOutcome.Failure, < 7 => CallOutcome.Success, _ => CallOutcome.Ignored };
                    permit = running[which].Real;
                    Assert.Equal(model.Report(running[which].Model, outcome, now), permit.Report(outcome));
                    running.RemoveAt(which);
                    break;
                case < 15:
                    long step = operation / 16 % 500;
                    now += step;
                    time.Advance(TimeSpan.FromMilliseconds(step));
                    break;
                default:
                    Operate(operation / 16 % 40, breaker, model, now);
                    break;
            }

            CircuitSnapshot snapshot = breaker.GetSnapshot();
            Assert.Equal(model.StateAt(now), breaker.State);
            Assert.Equal(model.StateAt(now), snapshot.State);
            Assert.Equal(model.Generation, snapshot.Generation);
            if (snapshot.State is CircuitState.Closed)
            {
                Assert.Equal(model.Count(now), (snapshot.Calls, snapshot.Failures, snapshot.SlowCalls));
            }
        }
    }

    private static void Operate(int which, CircuitBreaker breaker, NaiveCircuit model, long now)
    {
        switch (which)
        {
            case 0:
                breaker.Reset();
                model.Force(CircuitState.Closed, now);
                break;
            case 1:
                breaker.Isolate();
                model.Force(CircuitState.Isolated, now);
                break;
            case 2:
                breaker.Mode = CircuitMode.Disabled;
                model.Force(CircuitState.Disabled, now);
                break;
            case < 8 when breaker.Mode is CircuitMode.Isolated or CircuitMode.Disabled:
                breaker.Mode = CircuitMode.Normal;
                model.Force(CircuitState.Closed, now);
                break;
            default:
                break;
        }
    }
}
