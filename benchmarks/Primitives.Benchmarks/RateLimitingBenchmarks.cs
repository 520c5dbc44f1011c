using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>One grant and one refusal of each limiter, against the token bucket of System.Threading.RateLimiting, which
/// reads no clock but has a timer; and one of 100,000 keys, against its partitioned limiter.</summary>
[MemoryDiagnoser]
public class RateLimitingBenchmarks
{
    private const int KeyCount = 100_000;

    private static readonly RateQuota Plenty = RateQuota.PerSecond(int.MaxValue);
    private static readonly RateQuota One = RateQuota.PerDay(1);

    private readonly TokenBucketRateLimiter _rival = new(RivalOptions(int.MaxValue));
    private readonly TokenBucketRateLimiter _refusingRival = new(RivalOptions(1));
    private readonly TokenBucketLimiter _bucket = new(Plenty);
    private readonly TokenBucketLimiter _precise = new(new TokenBucketOptions { Permits = int.MaxValue, PreciseClock = true });
    private readonly TokenBucketLimiter _refusing = new(One);
    private readonly FixedWindowLimiter _window = new(Plenty);
    private readonly SlidingWindowCounterLimiter _counter = new(Plenty);
    private readonly SlidingWindowLogLimiter _log = new(new RateQuota(1_000, TimeSpan.FromTicks(1)));
    private readonly CompositeLimiter _composite = new([Plenty, new RateQuota(int.MaxValue, TimeSpan.FromSeconds(2))]);
    private readonly KeyedRateLimiter<string> _keyed = new(new KeyedRateLimiterOptions<string> { Capacity = KeyCount, Quotas = { Plenty } });
    private readonly PartitionedRateLimiter<string> _keyedRival = PartitionedRateLimiter.Create<string, string>(
        key => RateLimitPartition.GetTokenBucketLimiter(key, _ => RivalOptions(int.MaxValue)));

    private readonly string[] _keys = [.. Enumerable.Range(0, KeyCount).Select(i => $"user:{i * 7919L % KeyCount}")];
    private int _next;

    [GlobalSetup]
    public void Exhaust()
    {
        _refusingRival.AttemptAcquire();
        _refusing.TryAcquire();
    }

    [Benchmark(Baseline = true)]
    public RateLimitLease Bcl_token_bucket() => _rival.AttemptAcquire();

    [Benchmark]
    public bool Token_bucket() => _bucket.TryAcquire(1, out _);

    [Benchmark]
    public RateLimitLease Token_bucket_as_RateLimiter() => _bucket.AttemptAcquire();

    [Benchmark]
    public bool Token_bucket_precise_clock() => _precise.TryAcquire(1, out _);

    [Benchmark]
    public bool Fixed_window() => _window.TryAcquire(1, out _);

    [Benchmark]
    public bool Sliding_counter() => _counter.TryAcquire(1, out _);

    [Benchmark]
    public bool Sliding_log() => _log.TryAcquire(1, out _);

    [Benchmark]
    public bool Composite_of_two() => _composite.TryAcquire(1, out _);

    [Benchmark]
    public RateLimitLease Bcl_refusal() => _refusingRival.AttemptAcquire();

    [Benchmark]
    public bool Token_bucket_refusal() => _refusing.TryAcquire(1, out _);

    [Benchmark]
    public bool Keyed() => _keyed.TryAcquire(NextKey(), 1, out _);

    [Benchmark]
    public RateLimitLease Bcl_partitioned() => _keyedRival.AttemptAcquire(NextKey());

    private string NextKey() => _keys[_next = (_next + 1) % KeyCount];

    private static TokenBucketRateLimiterOptions RivalOptions(int tokens) => new()
    {
        TokenLimit = tokens,
        TokensPerPeriod = tokens,
        ReplenishmentPeriod = tokens == 1 ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };
}
