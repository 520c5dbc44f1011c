using System.Collections.Concurrent;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The ends of every range, and what happens when much of it happens at once.</summary>
public class CacheEdgeTests
{
    public static TheoryData<string> Kinds => CacheKinds.All;

    public static TheoryData<string, int> KindsAndTinyCapacities => new()
    {
        { "lru", 1 }, { "lru", 2 }, { "lru", 3 }, { "lfu", 1 }, { "lfu", 2 }, { "lfu", 3 },
    };

    [Theory]
    [MemberData(nameof(KindsAndTinyCapacities))]
    public async Task A_tiny_cache_with_terrible_hash_codes_stands_a_storm_of_everything(string kind, int capacity)
    {
        var time = new ManualTimeProvider();
        using ICache<int, string> cache = CacheKinds.Create<int, string>(
            kind,
            new()
            {
                Capacity = capacity,
                Comparer = EqualityComparer<int>.Create(static (x, y) => x == y, static x => x & 1),
                Weigher = static (key, _) => 1 + (key % 4), // up to one more than fits
                ExpireAfterWrite = TimeSpan.FromSeconds(2),
                RefreshAfter = TimeSpan.FromSeconds(0.5),
                StaleOnError = TimeSpan.FromSeconds(1),
                MissingTimeToLive = TimeSpan.FromSeconds(1),
            },
            time);
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                int key = thread.Random.Next(12);
                switch (thread.Random.Next(10))
                {
                    case 0:
                        cache.Set(key, $"{key}");
                        break;
                    case 1:
                        cache.TryRemove(key, out _);
                        break;
                    case 2:
                        time.Advance(TimeSpan.FromMilliseconds(thread.Random.Next(300)));
                        break;
                    case 3:
                        cache.Trim(thread.Random.Next(capacity));
                        break;
                    case 4:
                        cache.Capacity = 1 + thread.Random.Next(capacity);
                        break;
                    case 5:
                        IReadOnlyDictionary<int, string> many = cache.GetOrAddManyAsync(
                            [key, key + 1, key], 0, static (keys, _, _) => new(keys.Where(key => key % 3 > 0).ToDictionary(key => key, key => $"{key}")))
                            .AsTask().GetAwaiter().GetResult();
                        Assert.All(many, pair => Assert.Equal($"{pair.Key}", pair.Value));
                        break;
                    case 6:
                        cache.AssertIntegrity();
                        break;
                    default:
                        if (cache.TryGetOrAdd(key, 0, static (key, _) => key % 3 == 0 ? CacheResult<string>.Missing() : $"{key}", out string? value))
                        {
                            Assert.Equal($"{key}", value);
                        }

                        break;
                }

                Assert.InRange(cache.Weight, 0, capacity);
                Assert.InRange(cache.Count, 0, capacity);
            }
        });
        await cache.Idle();
        cache.AssertIntegrity();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((0, 0L), (cache.Count, cache.Weight));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_largest_weights_and_capacities_do_not_overflow(string kind)
    {
        using ICache<int, int> endless = CacheKinds.Create<int, int>(kind, new() { Capacity = long.MaxValue, Weigher = static (_, weight) => weight });
        for (int key = 0; key < 1_000; key++)
        {
            Assert.True(endless.Set(key, int.MaxValue));
        }

        Assert.Equal((1_000, 1_000L * int.MaxValue), (endless.Count, endless.Weight));
        endless.AssertIntegrity();

        using ICache<int, int> narrow = CacheKinds.Create<int, int>(kind, new() { Capacity = int.MaxValue, Weigher = static (_, weight) => weight });
        for (int key = 0; key < 100; key++)
        {
            Assert.True(narrow.Set(key, int.MaxValue - key));
            Assert.True(narrow.Set(key, 1)); // lighter in its own place
            Assert.True(narrow.Set(key, int.MaxValue)); // and heavier: all others go
            Assert.Equal((1, (long)int.MaxValue), (narrow.Count, narrow.Weight));
        }

        narrow.AssertIntegrity();
        using ICache<int, int> unweighted = CacheKinds.Create<int, int>(kind, new() { Capacity = long.MaxValue });
        for (int key = 0; key < 10_000; key++)
        {
            unweighted.Set(key, key);
            unweighted.TryGet(key / 2, out _);
        }

        Assert.Equal(10_000, unweighted.Count);
        unweighted.Capacity = 1;
        Assert.Equal(1, unweighted.Count);
        unweighted.Capacity = long.MaxValue;
        unweighted.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Lifetimes_may_be_as_short_or_long_as_a_time_span_and_must_be_positive(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind,
            new()
            {
                Capacity = 100,
                ExpireAfterWrite = TimeSpan.MaxValue,
                ExpireAfterAccess = TimeSpan.MaxValue,
                RefreshAfter = TimeSpan.MaxValue,
                StaleOnError = TimeSpan.MaxValue,
                MissingTimeToLive = TimeSpan.MaxValue,
                ExpirationJitter = 0.999,
            },
            time);
        cache.Set(1, 1);
        cache.Set(2, 2, new() { ExpireAfterWrite = TimeSpan.FromTicks(1) });
        cache.TryGetOrAdd(3, 0, static (_, _) => CacheResult<int>.Missing(), out _);
        cache.Set(4, 4, new() { ExpireAfterWrite = Timeout.InfiniteTimeSpan, ExpireAfterAccess = TimeSpan.FromDays(36_500) });
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(cache.TryGet(1, out _));
        Assert.False(cache.TryGet(2, out _));
        Assert.True(cache.Lookup(3).IsMissing);
        Assert.True(cache.TryGet(4, out _));
        cache.AssertIntegrity();

        foreach (TimeSpan wrong in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromTicks(-1), TimeSpan.MinValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Set(9, 1, new() { ExpireAfterWrite = wrong }));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Set(9, 1, new() { ExpireAfterAccess = wrong }));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Set(9, 1, new() { RefreshAfter = wrong }));
            var gate = new TaskCompletionSource<CacheResult<int>>();
            Task[] waiting = [.. Enumerable.Range(0, 2).Select(_ => cache.TryGetOrAddAsync(9, gate, static (_, gate, _) => new(gate.Task)).AsTask())];
            gate.SetResult(wrong == TimeSpan.Zero ? CacheResult<int>.Missing(wrong) : CacheResult<int>.Store(1, wrong));
            foreach (Task task in waiting)
            {
                await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => task);
            }

            Assert.Equal(5, cache.GetOrAdd(9, static _ => 5)); // nothing of it is left
            cache.TryRemove(9, out _);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_clock_that_goes_back_or_begins_below_zero_breaks_nothing(string kind)
    {
        var time = new WildTime { Now = -3_000_000_000_000_000_000 };
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 50, ExpireAfterWrite = TimeSpan.FromSeconds(10), ExpireAfterAccess = TimeSpan.FromSeconds(5), RefreshAfter = TimeSpan.FromHours(1) }, time);
        var random = new Random(7);
        for (int i = 0; i < 5_000; i++)
        {
            int key = random.Next(80);
            Assert.True(cache.Set(key, i));
            Assert.True(cache.TryGet(key, out int value) && value == i);
            Assert.InRange(cache.GetOrAdd(random.Next(80), -1, static (_, i) => i), -1, i);
            time.Now += random.Next(10) == 0 ? -random.NextInt64(20_000_000_000) : random.NextInt64(3_000_000_000);
            if (random.Next(10) == 0)
            {
                time.Fire();
            }

            cache.AssertIntegrity();
        }

        Assert.True(cache.Statistics.LoadTime >= TimeSpan.Zero);
        time.Now += 3_600_000_000_000;
        time.Fire();
        Assert.Equal(0, cache.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Many_keys_may_be_none_repeated_all_known_half_answered_or_wrongly_answered(string kind)
    {
        using ICache<string, string> cache = CacheKinds.Create<string, string>(
            kind, new() { Capacity = 10, Comparer = StringComparer.OrdinalIgnoreCase });
        Assert.Empty(await cache.GetOrAddManyAsync([], 0, MustNotRun));
        IReadOnlyDictionary<string, string> got = await cache.GetOrAddManyAsync(["a", "A", "b", "a"], 0, static (keys, _, _) =>
        {
            Assert.Equal(["a", "b"], keys);
            return new(new Dictionary<string, string> { ["a"] = "1", ["foreign"] = "2" });
        });
        Assert.Equal([new("a", "1")], got);
        Assert.Equal("1", got["A"]); // told apart as the cache does
        Assert.False(cache.TryGet("foreign", out _));
        Assert.Equal(1, cache.Count); // "b" is missing, and that is not remembered unless asked for
        Assert.Equal("1", (await cache.GetOrAddManyAsync(["A", "a"], 0, MustNotRun))["a"]);

        await Assert.ThrowsAsync<ArgumentNullException>("key", async () => await cache.GetOrAddManyAsync(["c", null!], 0, MustNotRun));
        await Assert.ThrowsAsync<ArgumentNullException>("keys", async () => await cache.GetOrAddManyAsync(null!, 0, MustNotRun));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.GetOrAddManyAsync(
            ["c"], 0, static (_, _, _) => new((IReadOnlyDictionary<string, string>)null!)));
        await Assert.ThrowsAsync<TimeoutException>(async () => await cache.GetOrAddManyAsync(
            ["c", "d"], 0, static (_, _, _) => throw new TimeoutException()));
        Assert.Equal("C", cache.GetOrAdd("c", static _ => "C")); // nothing of it is left
        await cache.Idle();

        static ValueTask<IReadOnlyDictionary<string, string>> MustNotRun(IReadOnlyList<string> keys, int state, CancellationToken token) =>
            throw new InvalidOperationException("must not run");
    }

    /// <summary>Oracle: a run's token is cancelled only if nobody got its value; whoever stays gets one; and in the end no
    /// load is left.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_storm_of_cancellations_and_removals_never_cancels_a_load_somebody_waits_for(string kind)
    {
        using ICache<int, object> cache = CacheKinds.Create<int, object>(kind, new() { Capacity = 4 });
        var cancelled = new ConcurrentDictionary<object, bool>();
        var delivered = new ConcurrentDictionary<object, bool>();
        int stayed = 0;
        await Task.WhenAll(Enumerable.Range(1, 4).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 2_000; i++)
            {
                bool leaves = random.Next(3) > 0;
                int key = random.Next(3);
                using var source = new CancellationTokenSource();
                Task<object> call = cache.GetOrAddAsync(key, random.Next(4), async (_, turns, token) =>
                {
                    object made = new();
                    for (int turn = 0; turn < turns; turn++)
                    {
                        await Task.Yield();
                    }

                    if (token.IsCancellationRequested)
                    {
                        cancelled[made] = true;
                    }

                    return made;
                }, leaves ? source.Token : CancellationToken.None).AsTask();
                switch (random.Next(4))
                {
                    case 0:
                        cache.TryRemove(key, out _);
                        break;
                    case 1:
                        cache.Clear();
                        break;
                }

                if (leaves)
                {
                    await source.CancelAsync();
                }

                try
                {
                    delivered[await call] = true;
                    Interlocked.Add(ref stayed, leaves ? 0 : 1);
                }
                catch (OperationCanceledException exception) when (leaves)
                {
                    Assert.Equal(source.Token, exception.CancellationToken);
                }
            }
        })));
        await cache.Idle();
        Assert.Empty(cancelled.Keys.Intersect(delivered.Keys));
        Assert.True(stayed > 0);
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_that_comes_after_its_cache_was_disposed_still_reaches_those_who_wait(string kind)
    {
        ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 4, ExpireAfterWrite = TimeSpan.FromMinutes(1) }, new ManualTimeProvider());
        var gate = new TaskCompletionSource<int>();
        Task<int> waiting = cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(gate.Task)).AsTask();
        cache.Dispose();
        gate.SetResult(7);
        Assert.Equal(7, await waiting);
        Assert.Equal(0, cache.Count);
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cache_may_hold_null_and_a_factory_may_return_it(string kind)
    {
        using ICache<string, string?> cache = CacheKinds.Create<string, string?>(kind, new() { Capacity = 4, DisposeValues = true });
        Assert.Null(cache.GetOrAdd("a", static _ => null));
        Assert.True(cache.TryGet("a", out string? value));
        Assert.Null(value);
        Assert.True(cache.Set("a", null));
        Assert.Equal(1, cache.Count);
        Assert.Equal(1, cache.Statistics.Loads);
        cache.Clear();
        Assert.Equal(0, cache.Statistics.NotificationFailures);
    }

    /// <summary>A clock set at will, whose timer fires when told to.</summary>
    private sealed class WildTime : TimeProvider
    {
        private TimerCallback? _callback;
        private object? _state;

        public long Now { get; set; }

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;

        public void Fire() => _callback?.Invoke(_state);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return new Timer();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
