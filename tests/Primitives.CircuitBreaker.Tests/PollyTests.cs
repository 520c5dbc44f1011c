using Polly;
using Polly.CircuitBreaker;
using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

public class PollyTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_breaker_works_in_a_Polly_pipeline()
    {
        CircuitBreaker breaker = Breaker(_time);
        ResiliencePipeline<int> pipeline = new ResiliencePipelineBuilder<int>()
            .AddStrategy(_ => new PollyCircuitBreakerStrategy<int>(breaker, outcome => outcome.Result < 0 || outcome.Exception is not null ? CallOutcome.Failure : CallOutcome.Success), new NoOptions())
            .Build();

        Assert.Equal(3, await pipeline.ExecuteAsync(static _ => new ValueTask<int>(3)));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pipeline.ExecuteAsync<int>(static _ => throw new InvalidOperationException()));
        Assert.Equal(CircuitState.Open, breaker.State); // one of two
        BrokenCircuitException refusal = await Assert.ThrowsAsync<BrokenCircuitException>(async () => await pipeline.ExecuteAsync(static _ => new ValueTask<int>(3)));
        Assert.Equal(Second, refusal.RetryAfter);

        _time.Advance(Second);
        using var source = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pipeline.ExecuteAsync(
            async token =>
            {
                await source.CancelAsync();
                token.ThrowIfCancellationRequested();
                return 0;
            },
            source.Token));
        Assert.Equal((CircuitState.HalfOpen, 0), (breaker.State, breaker.GetSnapshot().ProbesInFlight));
        Assert.Equal(-1, await pipeline.ExecuteAsync(static _ => new ValueTask<int>(-1)));
        Assert.Equal(CircuitState.Open, breaker.State); // a result that is a failure
    }

    [Fact]
    public async Task Pollys_breaker_is_closed_by_a_stale_success()
    {
        // The defect D1 on Polly 8.9.1 itself, so that the comparison in the docs stays true.
        var state = new CircuitBreakerStateProvider();
        ResiliencePipeline polly = new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                MinimumThroughput = 2,
                FailureRatio = 0.5,
                BreakDuration = Second,
                StateProvider = state,
            })
            .Build();
        var old = new TaskCompletionSource<int>();
        var probe = new TaskCompletionSource<int>();
        Task<int> stale = polly.ExecuteAsync(async _ => await old.Task).AsTask();
        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await polly.ExecuteAsync<int>(_ => throw new InvalidOperationException()));
        }

        _time.Advance(Second);
        Task<int> probing = polly.ExecuteAsync(async _ => await probe.Task).AsTask();
        Assert.Equal(Polly.CircuitBreaker.CircuitState.HalfOpen, state.CircuitState);
        old.SetResult(1);
        await stale;
        Assert.Equal(Polly.CircuitBreaker.CircuitState.Closed, state.CircuitState); // though the dependency has not answered yet
        probe.SetException(new InvalidOperationException());
        await Assert.ThrowsAsync<InvalidOperationException>(() => probing);
    }

    private sealed class NoOptions : ResilienceStrategyOptions;
}
