using Primitives.Testing;

namespace Primitives.Tests;

public class CacheLoadingTests
{
    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Of_64_threads_that_want_one_key_one_runs_the_factory(string kind)
    {
        using ICache<int, object> cache = CacheKinds.Create<int, object>(kind, new() { Capacity = 10 });
        int calls = 0;
        object[] got = new object[64];
        using var entered = new Barrier(64);
        Race.Run(64, thread =>
        {
            entered.SignalAndWait();
            got[thread.Index] = cache.GetOrAdd(1, _ =>
            {
                Interlocked.Increment(ref calls);
                return new object();
            });
        });
        Assert.Equal(1, calls);
        Assert.Single(got.Distinct());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Cancelling_detaches_one_caller_and_the_last_one_stops_the_load(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var gate = new TaskCompletionSource<int>();
        CancellationToken seen = default;
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        Task<int> one = Get(first.Token);
        Task<int> two = Get(second.Token);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(seen.IsCancellationRequested);
        gate.SetResult(7);
        Assert.Equal(7, await two);
        Assert.True(cache.TryRemove(1, out _));

        gate = new TaskCompletionSource<int>();
        Task<int> alone = Get(second.Token);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alone);
        var stopped = new TaskCompletionSource();
        using (seen.Register(stopped.SetResult))
        {
            await stopped.Task;
        }

        gate.SetResult(8);
        Assert.False(cache.TryGet(1, out _));

        Task<int> Get(CancellationToken cancellationToken) => cache.GetOrAddAsync(1, (_, token) =>
        {
            seen = token;
            return new ValueTask<int>(gate.Task);
        }, cancellationToken).AsTask();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_failure_is_seen_by_all_who_wait_and_leaves_nothing(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var gate = new TaskCompletionSource<int>();
        Task<int>[] all = [.. Enumerable.Range(0, 10).Select(_ => cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(gate.Task)).AsTask())];
        gate.SetException(new TimeoutException("the source"));
        foreach (Task<int> task in all)
        {
            Assert.Equal("the source", (await Assert.ThrowsAsync<TimeoutException>(() => task)).Message);
        }

        Assert.Equal(0, cache.Count);
        Assert.Equal(5, cache.GetOrAdd(1, static _ => 5));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_factory_that_asks_for_its_own_key_gets_an_error_and_no_deadlock(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        Assert.Throws<InvalidOperationException>(() => cache.GetOrAdd(1, key => cache.GetOrAdd(key, static _ => 1)));
        Assert.Throws<InvalidOperationException>(() => cache.GetOrAdd(1, key => Task.Run(() => cache.GetOrAdd(key, static _ => 1)).GetAwaiter().GetResult()));
        Assert.Throws<InvalidOperationException>(() => cache.GetOrAdd(1, _ => cache.GetOrAdd(2, _ => cache.GetOrAdd(1, static _ => 1))));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.GetOrAddAsync(1, async (key, _) =>
        {
            await Task.Yield();
            return await cache.GetOrAddAsync(key, static (_, _) => ValueTask.FromResult(1), CancellationToken.None);
        }));
        Assert.Equal(0, cache.Count);
        Assert.Equal(3, cache.GetOrAdd(1, _ => cache.GetOrAdd(2, static _ => 3)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Two_factories_that_ask_for_each_others_key_do_not_deadlock(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var both = new TaskCompletionSource();
        int started = 0;
        Task<int> one = Get(1, 2);
        Task<int> two = Get(2, 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.WhenAll(one, two));

        Task<int> Get(int key, int other) => cache.GetOrAddAsync(key, async (_, _) =>
        {
            if (Interlocked.Increment(ref started) == 2)
            {
                both.SetResult();
            }

            await both.Task;
            return await cache.GetOrAddAsync(other, static (_, _) => ValueTask.FromResult(1), CancellationToken.None);
        }).AsTask();
    }

    [Theory]
    [InlineData("lru", "remove")]
    [InlineData("lru", "clear")]
    [InlineData("lru", "set")]
    [InlineData("lfu", "remove")]
    [InlineData("lfu", "clear")]
    [InlineData("lfu", "set")]
    public async Task What_is_loaded_before_a_removal_is_not_stored_after_it(string kind, string what)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var gate = new TaskCompletionSource<int>();
        Task<int> waiting = cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(gate.Task)).AsTask();
        switch (what)
        {
            case "remove":
                Assert.False(cache.TryRemove(1, out _));
                break;
            case "clear":
                cache.Clear();
                break;
            default:
                cache.Set(1, 100);
                break;
        }

        gate.SetResult(1);
        Assert.Equal(1, await waiting);
        Assert.Equal(what == "set", cache.TryGet(1, out int value));
        Assert.Equal(what == "set" ? 100 : 0, value);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_factory_decides_to_store_not_to_store_or_that_there_is_none(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<string, string> cache = CacheKinds.Create<string, string>(kind, new() { Capacity = 10 }, time);
        Assert.True(cache.TryGetOrAdd("a", 0, static (_, _) => CacheResult<string>.Store("A", TimeSpan.FromSeconds(1)), out string? value) && value == "A");
        Assert.True(cache.TryGetOrAdd("b", 0, static (_, _) => CacheResult<string>.DoNotStore("B"), out value) && value == "B");
        Assert.False(cache.TryGet("b", out _));
        Assert.False(cache.TryGetOrAdd("c", 0, static (_, _) => CacheResult<string>.Missing(TimeSpan.FromSeconds(1)), out _));
        Assert.True(cache.Lookup("c").IsMissing);
        Assert.False(cache.TryGet("c", out _));
        Assert.True((await cache.TryGetOrAddAsync<int>("c", 0, static (_, _, _) => throw new InvalidOperationException())).IsMissing);
        Assert.DoesNotContain(cache, pair => pair.Key == "c");
        Assert.Equal("C", cache.GetOrAdd("c", static _ => "C")); // a factory that has a value does not take "missing"
        cache.TryRemove("c", out _);
        time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.False(cache.TryGet("a", out _));
        Assert.False(cache.Lookup("c").IsMissing);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Many_keys_take_one_factory_call_and_wait_for_those_being_loaded(string kind)
    {
        using ICache<int, string> cache = CacheKinds.Create<int, string>(
            kind, new() { Capacity = 100, MissingTimeToLive = TimeSpan.FromHours(1) });
        cache.Set(1, "cached");
        var gate = new TaskCompletionSource<string>();
        Task<string> other = cache.GetOrAddAsync(2, (_, _) => new ValueTask<string>(gate.Task)).AsTask();
        List<IReadOnlyList<int>> calls = [];
        Task<IReadOnlyDictionary<int, string>> many = Many().AsTask();
        gate.SetResult("other");
        Assert.Equal("other", await other);
        Assert.Equal(
            [new(1, "cached"), new(2, "other"), new(3, "3"), new(4, "4")],
            (await many).OrderBy(pair => pair.Key));
        Assert.Equal([3, 4, 5], Assert.Single(calls));
        Assert.True(cache.Lookup(5).IsMissing);
        Assert.Equal(4, (await Many()).Count);
        Assert.Single(calls);

        ValueTask<IReadOnlyDictionary<int, string>> Many() => cache.GetOrAddManyAsync([1, 2, 3, 3, 4, 5], calls, static (keys, calls, _) =>
        {
            calls.Add([.. keys]);
            return new(keys.Where(key => key != 5).Append(77).ToDictionary(key => key, key => $"{key}"));
        });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_lease_keeps_a_value_and_each_is_disposed_of_once(string kind)
    {
        using ICache<int, Resource> cache = CacheKinds.Create<int, Resource>(kind, new() { Capacity = 2, DisposeValues = true });
        CacheLease<Resource> lease = cache.LeaseOrAdd(1, 0, static (_, _) => new Resource());
        Assert.True(cache.TryLease(1, out CacheLease<Resource>? second));
        cache.TryRemove(1, out _);
        Assert.Equal(0, lease.Value.Disposals);
        second.Dispose();
        second.Dispose();
        Assert.Equal(0, lease.Value.Disposals);
        lease.Dispose();
        Assert.Equal(1, lease.Value.Disposals);

        var again = new Resource();
        cache.Set(2, again);
        cache.Set(2, again); // the same object: still in use
        Assert.Equal(0, again.Disposals);
        cache.Clear();
        Assert.Equal(1, again.Disposals);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_that_comes_after_all_have_left_is_disposed_of_and_one_that_somebody_gets_is_not(string kind)
    {
        using ICache<int, Resource> cache = CacheKinds.Create<int, Resource>(kind, new() { Capacity = 2, DisposeValues = true });
        var gate = new TaskCompletionSource<Resource>();
        using var leave = new CancellationTokenSource();
        Task left = cache.GetOrAddAsync(1, (_, _) => new ValueTask<Resource>(gate.Task), leave.Token).AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        var unwanted = new Resource();
        gate.SetResult(unwanted);
        while (unwanted.Disposals == 0)
        {
            await Task.Yield();
        }

        gate = new TaskCompletionSource<Resource>();
        Task<Resource> waiting = cache.GetOrAddAsync(1, (_, _) => new ValueTask<Resource>(gate.Task)).AsTask();
        cache.TryRemove(1, out _);
        gate.SetResult(new Resource());
        Assert.Equal(0, (await waiting).Disposals); // not stored, and so the caller's
        Assert.Equal(0, cache.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Leases_and_evictions_at_once_never_show_a_disposed_value(string kind)
    {
        using ICache<int, Resource> cache = CacheKinds.Create<int, Resource>(kind, new() { Capacity = 3, DisposeValues = true });
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                using CacheLease<Resource> lease = cache.LeaseOrAdd(thread.Random.Next(6), 0, static (_, _) => new Resource());
                Assert.Equal(0, lease.Value.Disposals);
            }
        });
        cache.AssertIntegrity();
    }

    private sealed class Resource : IDisposable
    {
        private int _disposals;

        public int Disposals => Volatile.Read(ref _disposals);

        public void Dispose() => Interlocked.Increment(ref _disposals);
    }
}
