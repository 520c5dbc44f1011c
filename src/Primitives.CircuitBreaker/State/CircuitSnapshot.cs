namespace Primitives;

/// <summary>What a <see cref="CircuitBreaker"/> knows at a moment.</summary>
/// <param name="State">The state, as <see cref="CircuitBreaker.State"/> gives it.</param>
/// <param name="Generation">The number of the state; one more with every transition.</param>
/// <param name="RetryAfter">Until a call may be let through; zero if one may now.</param>
/// <param name="ConsecutiveOpens">How often it opened since it was last closed.</param>
/// <param name="ProbesInFlight">The probes running. Zero unless half-open.</param>
/// <param name="Calls">The calls in the window; half-open, the probes decided.</param>
/// <param name="Failures">The failures among them.</param>
/// <param name="SlowCalls">The slow calls among them.</param>
public readonly record struct CircuitSnapshot(
    CircuitState State,
    long Generation,
    TimeSpan RetryAfter,
    int ConsecutiveOpens,
    int ProbesInFlight,
    long Calls,
    long Failures,
    long SlowCalls)
{
    /// <summary>Gets the share of failures, from 0 to 1; 0 without calls.</summary>
    public double FailureRatio => Calls == 0 ? 0 : (double)Failures / Calls;
}
