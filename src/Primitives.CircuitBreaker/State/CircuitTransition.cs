namespace Primitives;

/// <summary>A change of state, for <see cref="CircuitBreakerOptions.OnTransition"/>.</summary>
/// <param name="From">The state before.</param>
/// <param name="To">The state after. Half-open to half-open: hung probes were given up and a new round begun.</param>
/// <param name="Generation">The number of the state after; one more with every transition.</param>
/// <param name="BreakDuration">How long it stays open; zero unless <paramref name="To"/> is
/// <see cref="CircuitState.Open"/>.</param>
/// <param name="ConsecutiveOpens">How often it opened since it was last closed.</param>
/// <param name="Calls">The calls in the window, or the probes decided, that led to it; zero where none did.</param>
/// <param name="Failures">The failures among them.</param>
/// <param name="SlowCalls">The slow calls among them.</param>
public readonly record struct CircuitTransition(
    CircuitState From,
    CircuitState To,
    long Generation,
    TimeSpan BreakDuration,
    int ConsecutiveOpens,
    long Calls,
    long Failures,
    long SlowCalls);
