using Primitives;

namespace Snippets;

/// <summary>The code block of docs/composing-resilience.md.</summary>
public static class ComposingSnippets
{
    public static async Task Compose()
    {
        int calls = 0;
        ValueTask<string> Fetch(int id, CancellationToken token) =>
            ++calls == 1 ? throw new TimeoutException() : ValueTask.FromResult($"item {id}");
        CancellationToken cancellationToken = CancellationToken.None;

        #region compose
        // One of each per dependency, for the life of the process.
        var breaker = new CircuitBreaker(new CircuitBreakerOptions
        {
            SlowCallThreshold = TimeSpan.FromSeconds(1),
            Classify = exception => exception is BulkheadRejectedException ? CallOutcome.Ignored : CallOutcome.Failure,
        });
        var bulkhead = new Bulkhead(new BulkheadOptions { MaxConcurrency = 20, MaxQueue = 20, MaxWait = TimeSpan.FromMilliseconds(500) });
        var retry = new RetryOptions
        {
            Backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(20), cap: TimeSpan.FromSeconds(5))
                .WithMaxAttempts(4)
                .WithMaxElapsed(TimeSpan.FromSeconds(8)),
            Budget = RetryBudget.ByRatio(0.2),
            Decide = exception => exception is IOException or TimeoutException or OperationCanceledException
                ? RetryDecision.Again // a timeout; the caller's own cancellation is never retried
                : RetryDecision.Stop,
        };

        // Retry around breaker around bulkhead around the call, whose own timeout is inside all of them.
        string item = await Retry.ExecuteAsync(
            token => breaker.ExecuteAsync(
                inner => bulkhead.ExecuteAsync(
                    async (id, innermost) =>
                    {
                        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(innermost);
                        timeout.CancelAfter(TimeSpan.FromSeconds(2));
                        return await Fetch(id, timeout.Token);
                    },
                    42,
                    cancellationToken: inner),
                token),
            retry,
            cancellationToken);
        #endregion

        Check.That(item == "item 42" && calls == 2 && breaker.Statistics.Failed == 1 && bulkhead.InUse == 0, item);
    }
}
