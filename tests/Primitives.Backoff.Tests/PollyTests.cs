using Polly;

namespace Primitives.Tests;

public class PollyTests
{
    [Fact]
    public async Task A_backoff_and_a_budget_work_in_a_Polly_pipeline()
    {
        RetryBudget budget = RetryBudget.ByRatio(0.1, reservePerSecond: 0);
        int calls = 0;
        ResiliencePipeline<int> pipeline = new ResiliencePipelineBuilder<int>()
            .AddRetry(Backoff.Constant(TimeSpan.FromMilliseconds(1)).WithMaxAttempts(4), budget, outcome => outcome.Exception is not null)
            .Build();
        for (int i = 0; i < 50; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await pipeline.ExecuteAsync<int>(_ =>
            {
                calls++;
                throw new InvalidOperationException();
            }));
        }

        Assert.Equal((55, 5), (calls, budget.Granted)); // and not 200
        Assert.Equal(1, await pipeline.ExecuteAsync(static _ => new ValueTask<int>(1)));
    }
}
