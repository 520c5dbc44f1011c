using Polly;

namespace Primitives.Tests;

#region strategy
/// <summary>Puts a bulkhead of ours into a Polly pipeline; what it holds can be changed while it runs.</summary>
public sealed class PollyBulkheadStrategy(Bulkhead bulkhead, int priority = 0) : ResilienceStrategy
{
    protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
    {
        try
        {
            using BulkheadLease lease = await bulkhead.AcquireAsync(priority, context.CancellationToken)
                .ConfigureAwait(context.ContinueOnCapturedContext);
            return lease.IsAcquired
                ? await callback(context, state).ConfigureAwait(context.ContinueOnCapturedContext)
                : Outcome.FromException<TResult>(new BulkheadRejectedException(lease.Reason));
        }
        catch (OperationCanceledException exception)
        {
            return Outcome.FromException<TResult>(exception);
        }
    }
}
#endregion
