using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>One delay of each kind, against the random number that any jitter needs.</summary>
[MemoryDiagnoser]
public class BackoffBenchmarks
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Backoff _full = Backoff.Exponential(Second, 30 * Second);
    private readonly Backoff _tripled = Backoff.Exponential(Second, 30 * Second, factor: 3);
    private readonly Backoff _decorrelated = Backoff.Decorrelated(Second, 30 * Second);
    private readonly Backoff _pollyV2 = Backoff.PollyV2(Second, 30 * Second);
    private readonly RetryBudget _budget = RetryBudget.ByRatio();

    [Benchmark(Baseline = true)]
    public double Random_number() => Random.Shared.NextDouble();

    [Benchmark]
    public TimeSpan Full_jitter() => _full.GetDelay(5);

    [Benchmark]
    public TimeSpan Full_jitter_factor_3() => _tripled.GetDelay(5);

    [Benchmark]
    public TimeSpan Decorrelated() => _decorrelated.GetDelay(5);

    [Benchmark]
    public TimeSpan Polly_V2() => _pollyV2.GetDelay(5);

    [Benchmark]
    public void Budget_of_a_request() => _budget.OnRequest();
}
