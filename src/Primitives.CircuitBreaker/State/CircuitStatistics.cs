namespace Primitives;

/// <summary>Counters of one breaker since it was created, read one after another.</summary>
/// <param name="Succeeded">Calls that counted as successes. Approximate to the calls that end while it is read.</param>
/// <param name="Failed">Calls that counted as failures.</param>
/// <param name="Slow">Calls that took longer than the threshold, whichever way they ended.</param>
/// <param name="Ignored">Calls reported as neither.</param>
/// <param name="Rejected">Calls refused; in <see cref="CircuitMode.ObserveOnly"/>, that would have been.</param>
/// <param name="Stale">Reports that did not count, because the state had changed since the call began.</param>
/// <param name="Opened">Times it opened.</param>
/// <param name="ObserverFailures">Exceptions thrown by <see cref="CircuitBreakerOptions.OnTransition"/>.</param>
public readonly record struct CircuitStatistics(
    long Succeeded, long Failed, long Slow, long Ignored, long Rejected, long Stale, long Opened, long ObserverFailures);
