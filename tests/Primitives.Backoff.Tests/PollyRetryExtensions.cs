using Polly;
using Polly.Retry;

namespace Primitives.Tests;

#region strategy
/// <summary>Gives Polly's retry the delays of a backoff of ours, and a budget shared by all pipelines of a dependency.</summary>
public static class PollyRetryExtensions
{
    public static ResiliencePipelineBuilder<T> AddRetry<T>(
        this ResiliencePipelineBuilder<T> builder, Backoff backoff, RetryBudget budget, Func<Outcome<T>, bool> isTransient) =>
        builder
            .AddRetry(new RetryStrategyOptions<T>
            {
                MaxRetryAttempts = Math.Max(1, backoff.MaxAttempts - 1),
                DelayGenerator = arguments => new ValueTask<TimeSpan?>(backoff.GetDelay(arguments.AttemptNumber)),
                ShouldHandle = arguments => new ValueTask<bool>(isTransient(arguments.Outcome) && budget.TryRetry()),
            })
            .AddStrategy(_ => new BudgetStrategy<T>(budget, isTransient), new BudgetOptions());

    // Inside the retry: sees every attempt, and tells the budget how it ended.
    private sealed class BudgetStrategy<T>(RetryBudget budget, Func<Outcome<T>, bool> isTransient) : ResilienceStrategy<T>
    {
        private static readonly ResiliencePropertyKey<bool> Retrying = new("Primitives.Retrying");

        protected override async ValueTask<Outcome<T>> ExecuteCore<TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<T>>> callback, ResilienceContext context, TState state)
        {
            bool isRetry = context.Properties.GetValue(Retrying, false);
            context.Properties.Set(Retrying, true);
            if (!isRetry)
            {
                budget.OnRequest();
            }

            Outcome<T> outcome = await callback(context, state).ConfigureAwait(context.ContinueOnCapturedContext);
            budget.OnAttemptEnded(isRetry, isTransient(outcome) ? AttemptOutcome.Failed : AttemptOutcome.Succeeded);
            return outcome;
        }
    }

    private sealed class BudgetOptions : ResilienceStrategyOptions;
}
#endregion
