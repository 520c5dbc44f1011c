using Polly;
using Polly.CircuitBreaker;

namespace Primitives.Tests;

#region strategy
/// <summary>Puts a breaker of ours into a Polly pipeline. Its refusals are Polly's exception, so that handlers written for
/// Polly's breaker understand them.</summary>
public sealed class PollyCircuitBreakerStrategy<T>(CircuitBreaker breaker, Func<Outcome<T>, CallOutcome>? classify = null)
    : ResilienceStrategy<T>
{
    protected override async ValueTask<Outcome<T>> ExecuteCore<TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<T>>> callback, ResilienceContext context, TState state)
    {
        if (!breaker.TryAcquire(out CircuitPermit permit))
        {
            return Outcome.FromException<T>(new BrokenCircuitException($"The circuit is {breaker.State}.", permit.RetryAfter));
        }

        Outcome<T> outcome = await callback(context, state).ConfigureAwait(context.ContinueOnCapturedContext);
        permit.Report(
            outcome.Exception is OperationCanceledException && context.CancellationToken.IsCancellationRequested ? CallOutcome.Ignored
            : classify is not null ? classify(outcome)
            : outcome.Exception is null ? CallOutcome.Success
            : CallOutcome.Failure);
        return outcome;
    }
}
#endregion
