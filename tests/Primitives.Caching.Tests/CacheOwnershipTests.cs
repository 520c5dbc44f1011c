using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Each value the cache owns is disposed of exactly once, never while leased; each it does not own, never.</summary>
public class CacheOwnershipTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [InlineData("lru", false)]
    [InlineData("lru", true)]
    [InlineData("lfu", false)]
    [InlineData("lfu", true)]
    public async Task A_refresh_that_returns_the_cached_object_unstored_disposes_of_it_once_and_not_while_leased(string kind, bool isTooHeavy)
    {
        var time = new ManualTimeProvider();
        int weight = 1;
        using ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(
            kind, new() { Capacity = 10, RefreshAfter = Minute, DisposeValues = true, Weigher = (_, _) => weight }, time);
        var value = new Tracked();
        cache.Set(1, value);
        CacheLease<Tracked> lease = cache.LeaseOrAdd(1, 0, static (_, _) => new Tracked());
        weight = 11;
        time.Advance(Minute);
        await cache.TryGetOrAddAsync(
            1, (value, isTooHeavy), static (_, s, _) => new(s.isTooHeavy ? CacheResult<Tracked>.Store(s.value) : CacheResult<Tracked>.DoNotStore(s.value)));
        await Until(() => cache.Statistics.Loads == 1);
        await cache.Idle();
        Assert.Equal(0, cache.Count);
        Assert.Equal(0, value.Disposals);
        lease.Dispose();
        await Settled(value, 1);
    }

    [Theory]
    [InlineData("lru", "remove")]
    [InlineData("lru", "evict")]
    [InlineData("lru", "replace")]
    [InlineData("lru", "dispose")]
    [InlineData("lfu", "remove")]
    [InlineData("lfu", "evict")]
    [InlineData("lfu", "replace")]
    [InlineData("lfu", "dispose")]
    public async Task A_refresh_that_returns_the_object_it_was_to_replace_after_that_has_left_brings_it_back_never(string kind, string meanwhile)
    {
        var time = new ManualTimeProvider();
        using ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(
            kind, new() { Capacity = 10, RefreshAfter = Minute, DisposeValues = true }, time);
        var value = new Tracked();
        cache.Set(1, value);
        time.Advance(Minute);
        var gate = new TaskCompletionSource<Tracked>();
        Assert.Same(value, await cache.GetOrAddAsync(1, (_, _) => new ValueTask<Tracked>(gate.Task)));
        switch (meanwhile)
        {
            case "remove":
                cache.TryRemove(1, out _);
                break;
            case "evict":
                cache.Trim(0);
                break;
            case "replace":
                cache.Set(1, new Tracked());
                break;
            default:
                cache.Dispose();
                break;
        }

        Assert.Equal(1, value.Disposals);
        gate.SetResult(value);
        await Until(() => cache.Statistics.Loads == 1);
        await cache.Idle();
        Assert.False(cache.TryGet(1, out Tracked? found) && ReferenceEquals(found, value));
        Assert.Equal(meanwhile == "replace" ? 1 : 0, cache.Count);
        cache.Dispose();
        await Settled(value, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_factory_that_returns_what_was_set_meanwhile_shares_its_owner(string kind)
    {
        using ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(kind, new() { Capacity = 10, DisposeValues = true });
        var value = new Tracked();
        var gate = new TaskCompletionSource<Tracked>();
        ValueTask<CacheLease<Tracked>> leasing = cache.LeaseOrAddAsync(1, gate, static (_, gate, _) => new ValueTask<Tracked>(gate.Task));
        cache.Set(1, value);
        gate.SetResult(value);
        (await leasing).Dispose();
        Assert.Equal(0, value.Disposals); // it is still in the cache
        Assert.True(cache.TryLease(1, out CacheLease<Tracked>? second));
        cache.Clear();
        Assert.Equal(0, value.Disposals);
        second.Dispose();
        Assert.Equal(1, value.Disposals);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_loaded_value_that_cannot_be_weighed_is_disposed_of_and_one_that_was_set_remains_its_callers(string kind)
    {
        using ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(
            kind, new() { Capacity = 10, DisposeValues = true, Weigher = static (_, _) => throw new TimeoutException() });
        var loaded = new Tracked();
        Assert.Throws<TimeoutException>(() => cache.GetOrAdd(1, _ => loaded));
        Assert.Equal(1, loaded.Disposals);
        var set = new Tracked();
        Assert.Throws<TimeoutException>(() => cache.Set(1, set));
        Assert.Equal(0, set.Disposals);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Unstored_values_live_as_long_as_their_leases(string kind)
    {
        using ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(
            kind, new() { Capacity = 10, DisposeValues = true, Weigher = static (_, _) => 11 });
        CacheLease<Tracked> lease = cache.LeaseOrAdd(1, 0, static (_, _) => new Tracked());
        Assert.Equal((0, 0), (cache.Count, lease.Value.Disposals));
        lease.Dispose();
        Assert.Equal(1, lease.Value.Disposals);
    }

    /// <summary>Oracle: every object ever made is disposed of exactly once in the end, and none while a lease holds it.
    /// Loads are cancelled, removed and refused at random, and the clock expires and refreshes what is there.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_storm_of_leases_cancellations_and_removals_disposes_of_every_object_once(string kind)
    {
        var time = new ManualTimeProvider();
        var all = new System.Collections.Concurrent.ConcurrentBag<Tracked>();
        ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(
            kind,
            new()
            {
                Capacity = 6,
                DisposeValues = true,
                ExpireAfterWrite = TimeSpan.FromSeconds(10),
                RefreshAfter = TimeSpan.FromSeconds(1),
                StaleOnError = TimeSpan.FromSeconds(5),
                Weigher = static (_, value) => value.Weight,
            },
            time);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 3_000; i++)
            {
                int key = random.Next(8);
                switch (random.Next(12))
                {
                    case 0:
                        cache.TryRemove(key, out _);
                        break;
                    case 1:
                        time.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
                        break;
                    case 2:
                        cache.Trim(random.Next(6));
                        break;
                    case 3 when random.Next(10) == 0:
                        cache.Clear();
                        break;
                    case 4:
                        Tracked set = Make(random.Next(8));
                        if (!cache.Set(key, set))
                        {
                            set.Dispose(); // refused, and so the caller's
                        }

                        break;
                    default:
                        await LeaseAsync(key, random);
                        break;
                }
            }
        })));
        time.Advance(Minute);
        await cache.Idle();
        cache.Dispose();
        await Until(() => all.All(value => value.Disposals > 0));
        Assert.All(all, value => Assert.Equal(1, value.Disposals));

        Tracked Make(int weight)
        {
            var made = new Tracked { Weight = 1 + weight };
            all.Add(made);
            return made;
        }

        async Task LeaseAsync(int key, Random random)
        {
            using var source = new CancellationTokenSource();
            int turns = random.Next(4);
            int weight = random.Next(8);
            bool fails = random.Next(5) == 0;
            ValueTask<CacheLease<Tracked>> leasing = cache.LeaseOrAddAsync(
                key,
                0,
                async (_, _, _) =>
                {
                    for (int turn = 0; turn < turns; turn++)
                    {
                        await Task.Yield();
                    }

                    return fails ? throw new TimeoutException() : Make(weight);
                },
                source.Token);
            if (random.Next(3) == 0)
            {
                await source.CancelAsync();
            }

            try
            {
                using CacheLease<Tracked> lease = await leasing;
                Assert.Equal(0, lease.Value.Disposals);
                await Task.Yield();
                Assert.Equal(0, lease.Value.Disposals);
            }
            catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
            {
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_that_may_not_be_stored_goes_to_those_who_stay_or_is_disposed_of_when_all_leave_at_the_last_moment(string kind)
    {
        for (int round = 0; round < 300; round++)
        {
            using ICache<int, Tracked> cache = CacheKinds.Create<int, Tracked>(kind, new() { Capacity = 2, DisposeValues = true });
            using var leave = new CancellationTokenSource();
            var gate = new TaskCompletionSource<Tracked>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<Tracked> waiting = cache.GetOrAddAsync(1, (_, _) => new ValueTask<Tracked>(gate.Task), leave.Token).AsTask();
            cache.TryRemove(1, out _);
            var value = new Tracked();
            Race.Run(() => gate.SetResult(value), () => leave.Cancel());
            try
            {
                Assert.Equal(0, (await waiting).Disposals);
            }
            catch (OperationCanceledException)
            {
                await Until(() => value.Disposals == 1);
            }
        }
    }

    private static async Task Settled(Tracked value, int disposals)
    {
        await Until(() => value.Disposals >= disposals);
        Assert.Equal(disposals, value.Disposals);
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }

    private sealed class Tracked : IDisposable
    {
        private int _disposals;

        public int Weight { get; init; } = 1;

        public int Disposals => Volatile.Read(ref _disposals);

        public void Dispose() => Interlocked.Increment(ref _disposals);
    }
}
