using System.Threading.RateLimiting;

namespace Primitives.Evaluation;

/// <summary>Rate limiters: bounds by brute force, memory and floods, and cost against System.Threading.RateLimiting.</summary>
internal static class RateLimitingArea
{
    public static readonly Area Area = new("rate-limiting", Accuracy, Speed);

    private const int KeyCount = 100_000;
    private const int Flood = 10_000_000;

    private static void Accuracy(Scorecard card)
    {
        using var granting = new TokenBucketLimiter(Plenty);
        card.AtMost("bytes allocated by a grant", Allocated.BytesPerOperation(n => TryAll(granting, n)), 0, "B");
        using var refusing = new TokenBucketLimiter(RateQuota.PerDay(1));
        refusing.TryAcquire();
        card.AtMost("bytes allocated by a refusal of TryAcquire", Allocated.BytesPerOperation(n => TryAll(refusing, n)), 0, "B");

        foreach ((string name, Func<TimeProvider, QuotaLimiter> create, double bound) in Bounds())
        {
            card.AtMost($"{name}: most permits in any window, against the limit", MostInAnyWindow(create), bound, "x", "40 random traces, by brute force");
        }

        using var oursUnderAttack = new KeyedRateLimiter<long>(Keyed<long>(10_000, RateQuota.PerDay(1)));
        long indebted = 0;
        for (long key = 0; key < 1_000; key++)
        {
            oursUnderAttack.TryAcquire(key);
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        var random = new Random(7);
        for (int i = 0; i < Flood; i++)
        {
            oursUnderAttack.TryAcquire(random.NextInt64() | (1L << 40));
        }

        double grown = Math.Max(0, GC.GetTotalMemory(forceFullCollection: true) - before);
        for (long key = 0; key < 1_000; key++)
        {
            indebted += oursUnderAttack.TryAcquire(key) ? 1 : 0;
        }

        card.AtMost("keyed: memory grown by a flood of 10,000,000 random keys", grown, 4_096, "B");
        card.AtMost("keyed: indebted keys let through after it, of 1,000", indebted, 0);

        using var million = new KeyedRateLimiter<int>(Keyed<int>(1_000_000, RateQuota.PerDay(1)));
        for (int key = 0; key < 1_000_000; key++)
        {
            million.TryAcquire(key);
        }

        card.AtMost("keyed: keys refused for want of room, of 1,000,000 at capacity", million.Totals.OverflowRejected, 0);

        string[] keys = Keys();
        card.AtMost("keyed: bytes per key", KeyedBytes(keys), 48, "B", "100,000 string keys, without the strings");
        card.AtMost("sliding log: bytes per permit of the limit", LogBytes(), 8, "B", "limit 100,000, objects included");
        card.AtMost("timelines in docs that differ from a fresh run", RateLimitingTimelines.CountDifferences(), 0);
    }

    private static void Speed(Scorecard card)
    {
        card.AtMost("keyed: processor time at 1,000,000 idle keys, of one core", IdleCpu(), 0.01, "", "least of four quarter seconds");

        // The rival's leases are disposed of, as its contract asks of every caller; TryAcquire has none.
        using TokenBucketRateLimiter rival = Rival(int.MaxValue);
        using var ours = new TokenBucketLimiter(Plenty);
        RatioResult grant = Ratio.Of(n => TryAll(ours, n), n => RivalAll(rival, n));
        card.AtMost("grant, system clock, against TokenBucketRateLimiter", grant.Value, 0.9, "x", grant.Note);

        using var lowRate = new TokenBucketLimiter(LargeBurst);
        RatioResult inDebt = Ratio.Of(n => TryAll(lowRate, n), n => RivalAll(rival, n));
        card.AtMost("the same, from a large burst that is never refilled", inDebt.Value, 0.9, "x", inDebt.Note);

        // A bucket that is full, or nearly, cannot be charged without the time; one that is not can.
        using var precise = new TokenBucketLimiter(new TokenBucketOptions { Permits = int.MaxValue, PreciseClock = true });
        RatioResult preciseGrant = Ratio.Of(n => TryAll(precise, n), n => RivalAll(rival, n));
        card.Inform("grant, precise clock, bucket nearly full", preciseGrant.Value, "x", $"{preciseGrant.Note}; wanted: 1.8, but see the clock alone");
        RatioResult clock = Ratio.Of(ReadClock, n => RivalAll(rival, n));
        card.Inform("reading the precise clock, and nothing else", clock.Value, "x", clock.Note);
        using var preciseInDebt = new TokenBucketLimiter(
            new TokenBucketOptions { Permits = LargeBurst.Permits, Period = LargeBurst.Period, Burst = LargeBurst.Burst, PreciseClock = true });
        preciseInDebt.TryAcquire(LargeBurst.Burst / 2);
        RatioResult preciseDebt = Ratio.Of(n => TryAll(preciseInDebt, n), n => RivalAll(rival, n));
        card.AtMost("grant, precise clock, bucket half empty", preciseDebt.Value, 1.8, "x", preciseDebt.Note);

        RatioResult attempt = Ratio.Of(n => AttemptAll(ours, n), n => TryAll(ours, n));
        card.AtMost("RateLimiter.AttemptAcquire on ours, against our TryAcquire", attempt.Value, 1.15, "x", attempt.Note);
        RatioResult lease = Ratio.Of(n => LeaseAll(ours, n), n => RivalAll(rival, n));
        card.Inform("RateLimiter.AttemptAcquire on ours, against the BCL's, leases disposed of", lease.Value, "x", lease.Note);

        using TokenBucketRateLimiter refusingRival = Rival(1);
        refusingRival.AttemptAcquire().Dispose();
        using var refusing = new TokenBucketLimiter(RateQuota.PerDay(1));
        refusing.TryAcquire();
        RatioResult refusal = Ratio.Of(n => TryAll(refusing, n), n => RivalAll(refusingRival, n));
        card.AtMost("refusal", refusal.Value, 1.7, "x", refusal.Note);
        using var brief = new TokenBucketLimiter(RateQuota.PerSecond(100) with { Burst = 1 });
        RatioResult briefRefusal = Ratio.Of(n => TryAll(brief, n), n => RivalAll(refusingRival, n));
        card.Inform("refusal for less than a step of the coarse clock", briefRefusal.Value, "x", $"{briefRefusal.Note}; wanted: 1.7, but see the clock alone");

        RatioResult two = Ratio.Of(
            n => InParallel(() => TryAll(ours, n), () => TryAll(ours, n)), n => InParallel(() => RivalAll(rival, n), () => RivalAll(rival, n)));
        card.AtLeast("two threads on one limiter, throughput", two.Speedup, 1.3, "x", two.Note);

        string[] keys = Keys();
        using var keyed = new KeyedRateLimiter<string>(Keyed<string>(KeyCount, Plenty));
        using PartitionedRateLimiter<string> keyedRival = PartitionedRateLimiter.Create<string, string>(
            key => RateLimitPartition.GetTokenBucketLimiter(key, _ => RivalOptions(int.MaxValue)));

        // Seen for the first time in one order, then asked in another: a table filled in the order it is asked in would be
        // read from front to back, as no traffic reads it.
        KeyedAll(keyed, keys, KeyCount);
        PartitionedAll(keyedRival, keys, KeyCount);
        new Random(5).Shuffle(keys);
        RatioResult byKey = Ratio.Of(n => KeyedAll(keyed, keys, n), n => PartitionedAll(keyedRival, keys, n));
        card.AtMost("keyed, 100,000 strings, against PartitionedRateLimiter", byKey.Value, 0.45, "x", byKey.Note);
        using var busy = new KeyedRateLimiter<string>(Keyed<string>(KeyCount, RateQuota.PerSecond(1_000) with { Burst = int.MaxValue }));
        RatioResult byBusyKey = Ratio.Of(n => KeyedAll(busy, keys, n), n => PartitionedAll(keyedRival, keys, n));
        card.AtMost("the same, all of them owing something", byBusyKey.Value, 0.45, "x", byBusyKey.Note);
        card.AtMost("keyed: bytes allocated by a grant", Allocated.BytesPerOperation(n => KeyedAll(keyed, keys, n)), 0, "B");
    }

    /// <summary>What is never used up in a run: two thousand million, and as many a second.</summary>
    private static RateQuota Plenty => RateQuota.PerSecond(int.MaxValue);

    /// <summary>What is never refilled in a run, and never used up either.</summary>
    private static RateQuota LargeBurst => new(1, TimeSpan.FromMilliseconds(1)) { Burst = int.MaxValue };

    private static TokenBucketRateLimiterOptions RivalOptions(int tokens) => new()
    {
        TokenLimit = tokens,
        TokensPerPeriod = tokens,
        ReplenishmentPeriod = tokens == 1 ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    private static TokenBucketRateLimiter Rival(int tokens) => new(RivalOptions(tokens));

    private static KeyedRateLimiterOptions<TKey> Keyed<TKey>(int capacity, RateQuota quota)
        where TKey : notnull => new() { Capacity = capacity, Quotas = { quota } };

    private static string[] Keys()
    {
        string[] keys = [.. Enumerable.Range(0, KeyCount).Select(i => $"user:{i}")];
        new Random(3).Shuffle(keys);
        return keys;
    }

    private static long ReadClock(int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += TimeProvider.System.GetTimestamp();
        }

        return sum;
    }

    private static long TryAll(TokenBucketLimiter limiter, int n)
    {
        long granted = 0;
        for (int i = 0; i < n; i++)
        {
            granted += limiter.TryAcquire(1, out RateLimitDecision _) ? 1 : 0;
        }

        return granted;
    }

    // One loop for each type: the compiler optimises a loop for the type that it sees most.
    private static long RivalAll(TokenBucketRateLimiter limiter, int n)
    {
        long granted = 0;
        for (int i = 0; i < n; i++)
        {
            using RateLimitLease lease = limiter.AttemptAcquire();
            granted += lease.IsAcquired ? 1 : 0;
        }

        return granted;
    }

    private static long LeaseAll(TokenBucketLimiter limiter, int n)
    {
        long granted = 0;
        for (int i = 0; i < n; i++)
        {
            using RateLimitLease lease = limiter.AttemptAcquire();
            granted += lease.IsAcquired ? 1 : 0;
        }

        return granted;
    }

    /// <summary>The call alone.</summary>
    private static long AttemptAll(TokenBucketLimiter limiter, int n)
    {
        long granted = 0;
        for (int i = 0; i < n; i++)
        {
            granted += limiter.AttemptAcquire().IsAcquired ? 1 : 0;
        }

        return granted;
    }

    private static long KeyedAll(KeyedRateLimiter<string> limiter, string[] keys, int n)
    {
        long granted = 0;
        for (int i = 0; i < n; i++)
        {
            granted += limiter.TryAcquire(keys[i % KeyCount], 1, out _) ? 1 : 0;
        }

        return granted;
    }

    private static long PartitionedAll(PartitionedRateLimiter<string> limiter, string[] keys, int n)
    {
        long granted = 0;
        for (int i = 0; i < n; i++)
        {
            using RateLimitLease lease = limiter.AttemptAcquire(keys[i % KeyCount]);
            granted += lease.IsAcquired ? 1 : 0;
        }

        return granted;
    }

    private static long InParallel(Func<long> first, Func<long> second)
    {
        Task<long> other = Task.Factory.StartNew(second, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return first() + other.GetAwaiter().GetResult();
    }

    private static double IdleCpu()
    {
        using var limiter = new KeyedRateLimiter<int>(Keyed<int>(1_000_000, RateQuota.PerDay(1)));
        for (int key = 0; key < 1_000_000; key++)
        {
            limiter.TryAcquire(key);
        }

        GC.Collect();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        double least = double.MaxValue;
        for (int i = 0; i < 4; i++)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            Thread.Sleep(TimeSpan.FromMilliseconds(250)); // what anything in the process burns while nobody asks
            process.Refresh();
            least = Math.Min(least, (process.TotalProcessorTime - before).TotalMilliseconds / 250);
        }

        return least;
    }

    private static double KeyedBytes(string[] keys)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using var limiter = new KeyedRateLimiter<string>(Keyed<string>(KeyCount, RateQuota.PerDay(1)));
        foreach (string key in keys)
        {
            limiter.TryAcquire(key);
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(keys);
        return limiter.CountIndebtedKeys() == KeyCount ? (double)(after - before) / KeyCount : double.NaN;
    }

    private static double LogBytes()
    {
        const int Limit = 100_000;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using var limiter = new SlidingWindowLogLimiter(RateQuota.PerMinute(Limit));
        limiter.TryAcquire(Limit);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(limiter);
        return (double)(after - before) / Limit;
    }

    private static IEnumerable<(string Name, Func<TimeProvider, QuotaLimiter> Create, double Bound)> Bounds()
    {
        yield return ("token bucket", time => new TokenBucketLimiter(TracedQuota, time), 2);
        yield return ("leaky bucket", time => new LeakyBucketLimiter(TracedQuota, time), 1.15);
        yield return ("fixed window", time => new FixedWindowLimiter(TracedQuota, WindowAlignment.FirstUse, time), 2);
        yield return ("sliding log", time => new SlidingWindowLogLimiter(TracedQuota, time), 1);
        yield return ("sliding counter", time => new SlidingWindowCounterLimiter(TracedQuota, time), 2);
    }

    private static RateQuota TracedQuota => new(20, TimeSpan.FromMilliseconds(10));

    private static double MostInAnyWindow(Func<TimeProvider, QuotaLimiter> create)
    {
        int worst = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var time = new ManualClock();
            using QuotaLimiter limiter = create(time);
            List<(long Time, int Permits)> grants = [];
            for (int i = 0; i < 2_000; i++)
            {
                time.Advance(random.Next(8) switch { 0 => random.Next(90_000, 110_000), 1 => random.Next(20_000), _ => random.Next(600) });
                int permits = random.Next(1, 4);
                if (limiter.TryAcquire(permits))
                {
                    grants.Add((time.GetTimestamp(), permits));
                }
            }

            for (int i = 0; i < grants.Count; i++)
            {
                int sum = 0;
                for (int j = i; j < grants.Count && grants[j].Time < grants[i].Time + TracedQuota.Period.Ticks; j++)
                {
                    sum += grants[j].Permits;
                }

                worst = Math.Max(worst, sum);
            }
        }

        return worst / (double)TracedQuota.Permits;
    }
}
