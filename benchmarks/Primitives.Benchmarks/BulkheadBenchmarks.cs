using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>Taking a place and giving it back, against the platform's limiter and a semaphore.</summary>
[MemoryDiagnoser]
public class BulkheadBenchmarks : IDisposable
{
    private readonly Bulkhead _bulkhead = new(100);
    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions { PermitLimit = 100 });
    private readonly SemaphoreSlim _semaphore = new(100);

    [Benchmark(Baseline = true)]
    public bool ConcurrencyLimiter_acquire_and_release()
    {
        using RateLimitLease lease = _limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    [Benchmark]
    public bool Acquire_and_release()
    {
        bool acquired = _bulkhead.TryAcquire(out BulkheadLease lease);
        lease.Dispose();
        return acquired;
    }

    [Benchmark]
    public int SemaphoreSlim_wait_and_release()
    {
        _semaphore.Wait(0);
        return _semaphore.Release();
    }

    public void Dispose()
    {
        _limiter.Dispose();
        _semaphore.Dispose();
        GC.SuppressFinalize(this);
    }
}
