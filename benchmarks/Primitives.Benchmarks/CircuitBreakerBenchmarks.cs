using BenchmarkDotNet.Attributes;
using Polly;
using Polly.CircuitBreaker;

namespace Primitives.Benchmarks;

/// <summary>A call through a breaker when all is well, against Polly's breaker pipeline.</summary>
[MemoryDiagnoser]
public class CircuitBreakerBenchmarks
{
    private readonly CircuitBreaker _breaker = new();
    private readonly CircuitBreaker _slowCalls = new(new CircuitBreakerOptions { SlowCallThreshold = TimeSpan.FromSeconds(1) });
    private readonly CircuitBreaker _byCount = new(new CircuitBreakerOptions { Window = CircuitWindowKind.Count });
    private readonly CircuitBreaker _consecutive = new(new CircuitBreakerOptions { Window = CircuitWindowKind.Consecutive });
    private readonly CircuitBreakerSet<string> _set = new();
    private readonly ResiliencePipeline _polly =
        new ResiliencePipelineBuilder().AddCircuitBreaker(new CircuitBreakerStrategyOptions()).Build();

    [Benchmark(Baseline = true)]
    public int Polly_execute() => _polly.Execute(static state => state, 1);

    [Benchmark]
    public int Execute() => _breaker.Execute(static state => state, 1);

    [Benchmark]
    public bool Acquire_and_report()
    {
        _breaker.TryAcquire(out CircuitPermit permit);
        return permit.Success();
    }

    [Benchmark]
    public int Execute_with_slow_calls() => _slowCalls.Execute(static state => state, 1);

    [Benchmark]
    public int Execute_by_count() => _byCount.Execute(static state => state, 1);

    [Benchmark]
    public int Execute_consecutive() => _consecutive.Execute(static state => state, 1);

    [Benchmark]
    public int Execute_of_a_set() => _set.Get("payments").Execute(static state => state, 1);

    [Benchmark]
    public ValueTask<int> Polly_execute_async() => _polly.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 1);

    [Benchmark]
    public ValueTask<int> Execute_async() => _breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 1);
}
