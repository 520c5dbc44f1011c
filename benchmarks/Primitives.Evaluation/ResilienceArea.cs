using System.Diagnostics;
using System.Globalization;
using System.Threading.RateLimiting;
using Polly;
using Polly.CircuitBreaker;

namespace Primitives.Evaluation;

internal static class ResilienceArea
{
    public static readonly Area Area = new("resilience", Accuracy, Speed);

    private static readonly CircuitBreaker Breaker = new();
    private static readonly CircuitBreaker Isolated = new(new CircuitBreakerOptions { Mode = CircuitMode.Isolated });
    private static readonly Bulkhead Bulkhead = new(100);
    private static readonly Backoff FullJitter = Backoff.Exponential(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
    private static readonly ResiliencePipeline PollyBreaker = PollyPipeline(null);
    private static readonly ResiliencePipeline PollyIsolated = PollyPipeline(new CircuitBreakerManualControl(isIsolated: true));
    private static readonly ConcurrencyLimiter Limiter = new(new ConcurrencyLimiterOptions { PermitLimit = 100 });

    private static void Accuracy(Scorecard card)
    {
        card.AtMost("bytes allocated: Execute", Allocated.BytesPerOperation(Execute), 0, "B");
        card.AtMost("bytes allocated: ExecuteAsync, completed at once", Allocated.BytesPerOperation(ExecuteAsynchronously), 0, "B");
        card.AtMost("bytes allocated: refusal as a value", Allocated.BytesPerOperation(Refuse), 0, "B");
        card.AtMost(
            "bytes allocated: a call that suspends",
            Allocated.BytesPerOperation(Suspend),
            300,
            "B",
            string.Create(CultureInfo.InvariantCulture, $"of which {Allocated.BytesPerOperation(SuspendAlone):0} are the test's own task"));
        card.AtMost("bytes kept per breaker", BytesKept(static () => new CircuitBreaker()), 1_200, "B", $"Polly's {BytesKept(static () => PollyPipeline(null)):0} B");
        card.AtMost("bytes allocated: bulkhead, acquire and release", Allocated.BytesPerOperation(AcquireAndRelease), 0, "B");
        card.AtMost("bytes allocated: GetDelay, full jitter", Allocated.BytesPerOperation(GetDelay), 0, "B");
        ResilienceSimulations.Report(card);
    }

    private static void Speed(Scorecard card)
    {
        RatioResult sync = Ratio.Of(Execute, PollyExecute);
        card.AtMost("breaker, Execute, against Polly's", sync.Value, 0.35, "x", sync.Note);
        RatioResult async = Ratio.Of(ExecuteAsynchronously, PollyExecuteAsynchronously);
        card.AtMost("breaker, ExecuteAsync completed at once, against Polly's", async.Value, 0.35, "x", async.Note);
        RatioResult refused = Ratio.Of(Refuse, PollyRefuse);
        card.AtMost("breaker, refusal as a value, against Polly's outcome", refused.Value, 0.35, "x", refused.Note);
        card.AtLeast("breaker, throughput of two threads over Polly's", TwoThreads(Execute, PollyExecute, out string note), 3, "x", note);
        RatioResult bulkhead = Ratio.Of(AcquireAndRelease, LimiterAcquireAndRelease);
        card.AtMost("bulkhead, acquire and release, against ConcurrencyLimiter", bulkhead.Value, 0.3, "x", bulkhead.Note);
        // A difference in ns, not a ratio, so it must not grow with the load of the machine: the least of many short windows.
        RatioResult delay = Ratio.Of(GetDelay, NextDouble);
        double beyond = LeastNs(GetDelay) - LeastNs(NextDouble);
        card.AtMost("GetDelay with full jitter, beyond Random.NextDouble", beyond, 8, "ns", $"least of 300 windows; medians {delay.Note}");
    }

    private static ResiliencePipeline PollyPipeline(CircuitBreakerManualControl? control) =>
        new ResiliencePipelineBuilder().AddCircuitBreaker(new CircuitBreakerStrategyOptions { ManualControl = control }).Build();

    private static long Execute(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Breaker.Execute(static state => state, i);
        }

        return sum;
    }

    private static long PollyExecute(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += PollyBreaker.Execute(static state => state, i);
        }

        return sum;
    }

    private static long ExecuteAsynchronously(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Completed(Breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), i));
        }

        return sum;
    }

    private static long PollyExecuteAsynchronously(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Completed(PollyBreaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), i));
        }

        return sum;
    }

    private static long Refuse(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Completed(Isolated.TryExecuteAsync(static (state, _) => new ValueTask<int>(state), i)).IsRejected ? 1 : 0;
        }

        return sum;
    }

    private static long PollyRefuse(int count)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get();
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Completed(PollyIsolated.ExecuteOutcomeAsync(static (_, state) => Outcome.FromResultAsValueTask(state), context, i)).Exception is null ? 0 : 1;
        }

        ResilienceContextPool.Shared.Return(context);
        return sum;
    }

    private static long Suspend(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            var source = new TaskCompletionSource<int>();
            ValueTask<int> running = Breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state.Task), source);
            source.SetResult(i); // runs the continuation, on this thread
            sum += Completed(running);
        }

        return sum;
    }

    private static long SuspendAlone(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            var source = new TaskCompletionSource<int>();
            source.SetResult(i);
            sum += source.Task.Result;
        }

        return sum;
    }

    private static long AcquireAndRelease(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Bulkhead.TryAcquire(out BulkheadLease lease) ? 1 : 0;
            lease.Dispose();
        }

        return sum;
    }

    private static long LimiterAcquireAndRelease(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            using RateLimitLease lease = Limiter.AttemptAcquire();
            sum += lease.IsAcquired ? 1 : 0;
        }

        return sum;
    }

    private static long GetDelay(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += FullJitter.GetDelay(i & 7).Ticks;
        }

        return sum;
    }

    private static long NextDouble(int count)
    {
        Random random = Random.Shared;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += random.NextDouble();
        }

        return (long)sum;
    }

    private static double LeastNs(Func<int, long> body)
    {
        const int Operations = 20_000;
        double least = double.MaxValue;
        for (int window = 0; window < 300; window++)
        {
            long begun = Stopwatch.GetTimestamp();
            Blackhole.Consume(body(Operations));
            least = Math.Min(least, Stopwatch.GetElapsedTime(begun).TotalNanoseconds / Operations);
        }

        return least;
    }

    private static T Completed<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : throw new InvalidOperationException("It waits.");

    private static double BytesKept<T>(Func<T> create)
    {
        const int Count = 1_000;
        var kept = new T[Count];
        kept[0] = create();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 1; i < Count; i++)
        {
            kept[i] = create();
        }

        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)(Count - 1);
        GC.KeepAlive(kept);
        return bytes;
    }

    /// <summary>Operations of two threads together in the same time, ours over the rival's; the median of many rounds.</summary>
    private static double TwoThreads(Func<int, long> candidate, Func<int, long> rival, out string note)
    {
        const int Rounds = 11;
        double[] ratios = new double[Rounds];
        double[] ours = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            double theirs = 0;
            for (int side = 0; side < 2; side++)
            {
                if ((side ^ round & 1) == 0)
                {
                    ours[round] = OperationsPerMicrosecond(candidate);
                }
                else
                {
                    theirs = OperationsPerMicrosecond(rival);
                }
            }

            ratios[round] = ours[round] / theirs;
        }

        Array.Sort(ratios);
        Array.Sort(ours);
        note = string.Create(CultureInfo.InvariantCulture, $"{ours[Rounds / 2]:0.0} million calls a second on {Environment.ProcessorCount} processors");
        return ratios[Rounds / 2];
    }

    private static double OperationsPerMicrosecond(Func<int, long> body)
    {
        const int Batch = 500;
        long operations = 0;
        long begun = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            long mine = 0;
            while (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(100))
            {
                Blackhole.Consume(body(Batch));
                mine += Batch;
            }

            Interlocked.Add(ref operations, mine);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return operations / Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
    }
}
