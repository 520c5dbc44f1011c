using Primitives;

namespace Snippets;

/// <summary>The code blocks of docs/backoff.md and of the package's README.</summary>
public static class BackoffSnippets
{
    public static async Task QuickStart()
    {
        int calls = 0;
        ValueTask<string> Charge(CancellationToken token) =>
            ++calls < 3 ? throw new HttpRequestException("connection reset") : new ValueTask<string>("charged");
        CancellationToken cancellationToken = CancellationToken.None;

        #region quick-start
        // Once per dependency: 20 % more calls at most, however many callers retry.
        RetryBudget budget = RetryBudget.ByRatio(0.2);
        var options = new RetryOptions
        {
            Backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(10), cap: TimeSpan.FromSeconds(30)).WithMaxAttempts(5),
            Budget = budget,
            AttemptTimeout = TimeSpan.FromSeconds(2),
            Decide = exception => exception is HttpRequestException or TimeoutException ? RetryDecision.Again : RetryDecision.Stop,
        };

        string receipt = await Retry.ExecuteAsync(token => Charge(token), options, cancellationToken);
        #endregion

        Check.That(receipt == "charged" && calls == 3 && budget.Granted == 2, receipt);
    }

    public static void Delays()
    {
        int count = 0;

        #region delays
        Backoff backoff = Backoff.Exponential(TimeSpan.FromSeconds(1), cap: TimeSpan.FromSeconds(30)).WithMaxAttempts(6);
        foreach (TimeSpan delay in backoff)
        {
            Console.WriteLine(delay); // five of them, uniform below 1, 2, 4, 8 and 16 s
            count++;
        }

        TimeSpan fourth = backoff.GetDelay(attempt: 3); // without enumerating, for an attempt counted elsewhere
        #endregion

        Check.That(count == 5 && fourth < TimeSpan.FromSeconds(8), $"{count} {fourth}");
    }

    public static async Task ServerDelay()
    {
        var reply = new { Status = 200, RetryAfter = TimeSpan.Zero };
        var options = new RetryOptions();
        CancellationToken cancellationToken = CancellationToken.None;

        #region server-delay
        var last = await Retry.ExecuteAsync(
            static (answer, token) => ValueTask.FromResult(answer),
            reply,
            options,
            decideResult: answer => answer.Status is 429 or 503 ? RetryDecision.After(answer.RetryAfter) : RetryDecision.Stop,
            cancellationToken);
        #endregion

        Check.That(last.Status == 200, "ok");
    }
}
