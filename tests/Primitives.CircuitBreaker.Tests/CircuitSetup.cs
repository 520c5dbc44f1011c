using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Breakers for tests: they open on two failures of two, for 1 s, then 2, 4 and 8.</summary>
internal static class CircuitSetup
{
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static readonly Backoff Breaks = Backoff.Exponential(Second, 8 * Second, jitter: BackoffJitter.None);

    public static CircuitBreakerOptions Options(Action<CircuitBreakerOptions>? configure = null)
    {
        var options = new CircuitBreakerOptions { MinimumThroughput = 2, Break = Breaks, ProbeTimeout = 10 * Second };
        configure?.Invoke(options);
        return options;
    }

    public static CircuitBreaker Breaker(ManualTimeProvider time, Action<CircuitBreakerOptions>? configure = null) =>
        new(Options(configure), time);

    public static void Trip(this CircuitBreaker breaker)
    {
        while (breaker.State == CircuitState.Closed)
        {
            Assert.True(breaker.Acquire().Failure());
        }

        Assert.Equal(CircuitState.Open, breaker.State);
    }

    public static CircuitPermit AcquireProbe(this CircuitBreaker breaker)
    {
        CircuitPermit permit = breaker.Acquire();
        Assert.True(permit.IsProbe);
        return permit;
    }

    public static CircuitPermit Refused(this CircuitBreaker breaker, CircuitRejection reason)
    {
        Assert.False(breaker.TryAcquire(out CircuitPermit permit));
        Assert.False(permit.IsAcquired);
        Assert.Equal(reason, permit.Reason);
        Assert.True(permit.RetryAfter > TimeSpan.Zero);
        return permit;
    }
}
