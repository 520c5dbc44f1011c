using Polly;

namespace Primitives.Tests;

public class PollyTests
{
    [Fact]
    public async Task A_bulkhead_works_in_a_Polly_pipeline()
    {
        var bulkhead = new Bulkhead(1, maxQueue: 1);
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder()
            .AddStrategy(_ => new PollyBulkheadStrategy(bulkhead), new NoOptions())
            .Build();
        var running = new TaskCompletionSource<int>();
        Task<int> first = pipeline.ExecuteAsync(async _ => await running.Task).AsTask();
        using var source = new CancellationTokenSource();
        Task<int> waiting = pipeline.ExecuteAsync(static _ => new ValueTask<int>(2), source.Token).AsTask();
        Assert.Equal((1, 1), (bulkhead.InUse, bulkhead.Queued));
        await Assert.ThrowsAsync<BulkheadRejectedException>(async () => await pipeline.ExecuteAsync(static _ => new ValueTask<int>(3)));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        running.SetResult(1);
        Assert.Equal(1, await first);
        Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
    }

    private sealed class NoOptions : ResilienceStrategyOptions;
}
