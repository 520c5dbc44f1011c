using System.Buffers;
using System.ComponentModel;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Primitives.Testing;

namespace Primitives.Tests;

public class LfuHybridCacheTests
{
    private static readonly HybridCacheEntryOptions OnlyLook = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData };

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Makes_a_value_once_and_then_finds_it()
    {
        using LfuHybridCache cache = Create();
        int runs = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("v1", await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult($"v{++runs}")));
            Assert.Equal("v1", await cache.GetOrCreateAsync("a".AsSpan(), _ => ValueTask.FromResult($"v{++runs}")));
            Assert.Equal("v1", await cache.GetOrCreateAsync($"{'a'}", _ => ValueTask.FromResult($"v{++runs}")));
        }

        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_run_and_leave_alone()
    {
        using LfuHybridCache cache = Create();
        foreach (HybridCacheEntryOptions? options in new[] { null, new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCacheRead } })
        {
            var gate = new TaskCompletionSource<int>();
            int runs = 0;
            using var leaver = new CancellationTokenSource();
            Task<int> leaves = Get(leaver.Token);
            Task<int>[] stay = [.. Enumerable.Range(0, 63).Select(_ => Get(default))];
            await leaver.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
            gate.SetResult(7);
            Assert.All(await Task.WhenAll(stay), value => Assert.Equal(7, value));
            Assert.Equal(1, runs);

            Task<int> Get(CancellationToken token) => cache.GetOrCreateAsync(
                "a",
                async _ =>
                {
                    runs++;
                    return await gate.Task;
                },
                options,
                cancellationToken: token).AsTask();
        }
    }

    [Fact]
    public async Task A_failure_reaches_all_and_nothing_of_it_stays()
    {
        using LfuHybridCache cache = Create();
        var gate = new TaskCompletionSource<int>();
        Task<int>[] calls = [.. Enumerable.Range(0, 4).Select(_ => cache.GetOrCreateAsync("a", async _ => await gate.Task).AsTask())];
        gate.SetException(new InvalidDataException());
        foreach (Task<int> call in calls)
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => call);
        }

        Assert.Equal(0, cache.Count);
        Assert.Equal(2, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(2)));
    }

    [Fact]
    public async Task Set_and_remove_do_what_they_say_also_while_a_load_is_under_way()
    {
        using LfuHybridCache cache = Create();
        await cache.SetAsync("a", 1);
        Assert.Equal(1, await Look<int>(cache, "a"));
        await cache.RemoveAsync("a");
        Assert.Equal(0, await Look<int>(cache, "a"));

        foreach (HybridCacheEntryFlags flags in new[] { HybridCacheEntryFlags.None, HybridCacheEntryFlags.DisableLocalCacheRead })
        {
            var gate = new TaskCompletionSource<int>();
            var options = new HybridCacheEntryOptions { Flags = flags };
            Task<int> old = cache.GetOrCreateAsync("a", async _ => await gate.Task, options).AsTask();
            await cache.RemoveAsync("a");
            Task<int> fresh = cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(2), options).AsTask();
            Assert.Equal(2, await fresh); // does not wait for the load that began before the removal
            gate.SetResult(1);
            Assert.Equal(1, await old);
            Assert.Equal(2, await Look<int>(cache, "a")); // nor is it overwritten by it

            gate = new TaskCompletionSource<int>();
            await cache.RemoveAsync("a");
            old = cache.GetOrCreateAsync("a", async _ => await gate.Task, options).AsTask();
            await cache.SetAsync("a", 3);
            gate.SetResult(1);
            Assert.Equal(1, await old);
            Assert.Equal(3, await Look<int>(cache, "a"));
        }

        await cache.RemoveAsync(["a", "b"]);
        Assert.Equal(0, await Look<int>(cache, "a"));
    }

    [Fact]
    public async Task Expires_as_the_call_says_or_the_options_or_after_five_minutes()
    {
        using LfuHybridCache cache = Create();
        using LfuHybridCache other = Create(o => o.DefaultEntryOptions = new() { Expiration = TimeSpan.FromMinutes(2), LocalCacheExpiration = TimeSpan.FromMinutes(1) });
        await cache.SetAsync("default", 1);
        await other.SetAsync("default", 1);
        await cache.SetAsync("call", 1, new() { Expiration = TimeSpan.FromMinutes(3) });
        await cache.GetOrCreateAsync("local", _ => ValueTask.FromResult(1), new() { Expiration = TimeSpan.FromMinutes(9), LocalCacheExpiration = TimeSpan.FromMinutes(4) });
        await cache.SetAsync("local never exceeds", 1, new() { Expiration = TimeSpan.FromMinutes(2), LocalCacheExpiration = TimeSpan.FromMinutes(9) });
        string[][] present = [["default", "call", "local", "local never exceeds"], ["default", "call", "local", "local never exceeds"], ["default", "call", "local"], ["default", "local"], ["default"], []];
        foreach (string[] keys in present)
        {
            _time.Advance(TimeSpan.FromSeconds(59));
            foreach (string key in present[0])
            {
                Assert.Equal(keys.Contains(key) ? 1 : 0, await Look<int>(cache, key));
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(0, await Look<int>(other, "default"));
        }
    }

    [Fact]
    public async Task Removing_a_tag_removes_what_was_loaded_before_and_nothing_loaded_after()
    {
        using LfuHybridCache cache = Create();
        await cache.SetAsync("a", 1, tags: ["red", "round"]);
        await cache.SetAsync("b", 2, tags: ["red"]);
        await cache.SetAsync("c", 3);
        await cache.RemoveByTagAsync("round");
        Assert.Equal((0, 2, 3), (await Look<int>(cache, "a"), await Look<int>(cache, "b"), await Look<int>(cache, "c")));

        // At the same instant of the clock, which stands still: order counts, not ticks.
        await cache.SetAsync("a", 4, tags: ["red", "round"]);
        Assert.Equal(4, await Look<int>(cache, "a"));
        Assert.Equal(4, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(5), tags: ["red", "round"]));
        await cache.RemoveByTagAsync(["red", "round"]);
        Assert.Equal(6, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(6), tags: ["red"]));
        Assert.Equal(6, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(7), tags: ["red"]));
        Assert.Equal(3, await Look<int>(cache, "c"));

        await cache.RemoveByTagAsync("*");
        Assert.Equal(0, cache.Count);
        Assert.Equal(0, await Look<int>(cache, "c"));
        await cache.SetAsync("c", 8);
        await cache.RemoveByTagAsync(" ");
        Assert.Equal(8, await Look<int>(cache, "c"));
        foreach (string bad in new[] { "", " ", "*", null! })
        {
            await Assert.ThrowsAsync<ArgumentException>("tags", () => cache.SetAsync("a", 1, tags: [bad]).AsTask());
            await Assert.ThrowsAsync<ArgumentException>("tags", async () => await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(1), tags: [bad]));
        }
    }

    [Theory]
    [InlineData("round")]
    [InlineData("*")]
    public async Task A_tag_removed_during_a_load_keeps_its_outcome_from_later_callers(string tag)
    {
        using LfuHybridCache cache = Create();
        foreach (HybridCacheEntryFlags flags in new[] { HybridCacheEntryFlags.None, HybridCacheEntryFlags.DisableLocalCacheRead })
        {
            var options = new HybridCacheEntryOptions { Flags = flags };
            var gate = new TaskCompletionSource<int>();
            Task<int> old = cache.GetOrCreateAsync("a", async _ => await gate.Task, options, ["round"]).AsTask();
            await cache.RemoveByTagAsync(tag);
            Task<int> later = cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(2), options, ["round"]).AsTask();
            gate.SetResult(1);
            await old;
            Assert.Equal(2, await later);
            Assert.Equal(2, await Look<int>(cache, "a"));
            await cache.RemoveAsync("a");
        }
    }

    [Fact]
    public async Task Flags_do_what_they_say()
    {
        using LfuHybridCache cache = Create();
        Assert.Equal(0, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(1), OnlyLook));
        Assert.Equal(1, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(1), new() { Flags = HybridCacheEntryFlags.DisableLocalCacheWrite }));
        Assert.Equal(0, await Look<int>(cache, "a"));
        Assert.Equal(2, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(2)));
        Assert.Equal(3, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(3), new() { Flags = HybridCacheEntryFlags.DisableLocalCacheRead }));
        Assert.Equal(3, await Look<int>(cache, "a"));
        await cache.SetAsync("a", 4, new() { Flags = HybridCacheEntryFlags.DisableLocalCache });
        Assert.Equal(0, await Look<int>(cache, "a")); // the older value is not served on
        Assert.Equal(5, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(5), new() { Flags = HybridCacheEntryFlags.DisableCompression }));
        Assert.Equal(5, await Look<int>(cache, "a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("line\nbreak")]
    [InlineData("longer than twenty characters")]
    [InlineData("__primitives_tag__:x")]
    public async Task Keys_that_cannot_be_cached_run_their_factory_each_time(string key)
    {
        using LfuHybridCache cache = Create(o => o.MaximumKeyLength = 20);
        int runs = 0;
        for (int i = 1; i <= 2; i++)
        {
            Assert.Equal(i, await cache.GetOrCreateAsync(key, _ => ValueTask.FromResult(++runs)));
        }

        await cache.SetAsync(key, 9);
        Assert.Equal(0, await Look<int>(cache, key));
        await cache.RemoveAsync(key);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Values_of_immutable_types_are_shared_and_others_are_copies()
    {
        using LfuHybridCache cache = Create();
        await Check<string>("text", shared: true);
        await Check<Frozen>(new Frozen(1), shared: true);
        await Check<byte[]>([1, 2, 3], shared: false);
        await Check<List<int>>([1, 2, 3], shared: false);
        Assert.Equal((1, "one"), await Twice((1, "one")));
        Assert.Equal(new DateTime(2026, 1, 1), await Twice(new DateTime(2026, 1, 1)));
        Assert.Null(await Twice<List<int>?>(null));
        Assert.Null(await Twice<byte[]?>(null));
        Assert.Null(await Twice<string?>(null));
        Assert.Null(await Twice<int?>(null));

        async Task Check<T>(T value, bool shared)
            where T : class
        {
            int runs = 0;
            T first = await Get();
            T second = await Get();
            Assert.Equal(1, runs);
            Assert.Equal(shared, ReferenceEquals(first, second));
            Assert.Equal(shared, ReferenceEquals(value, first)); // not even the one the factory made
            Assert.Equal(value, second);

            ValueTask<T> Get() => cache.GetOrCreateAsync(typeof(T).Name, _ =>
            {
                runs++;
                return ValueTask.FromResult(value);
            });
        }

        async Task<T> Twice<T>(T value)
        {
            await cache.GetOrCreateAsync("twice" + typeof(T), _ => ValueTask.FromResult(value));
            return await cache.GetOrCreateAsync<T>("twice" + typeof(T), _ => throw new InvalidOperationException());
        }
    }

    [Fact]
    public async Task A_caller_that_wants_another_type_gets_it()
    {
        using LfuHybridCache cache = Create();
        await cache.SetAsync("a", 1);
        Assert.Equal("one", await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult("one")));
        Assert.Equal("one", await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult("two")));
    }

    [Fact]
    public async Task A_value_that_is_too_large_is_handed_out_and_not_kept()
    {
        using LfuHybridCache cache = Create(o => o.MaximumPayloadBytes = 100);
        Assert.Equal(101, (await cache.GetOrCreateAsync("bytes", _ => ValueTask.FromResult(new byte[101]))).Length);
        Assert.Equal(1_000, (await cache.GetOrCreateAsync("list", _ => ValueTask.FromResult(Enumerable.Range(0, 1_000).ToList()))).Count);
        Assert.Equal(51, (await cache.GetOrCreateAsync("text", _ => ValueTask.FromResult(new string('é', 51)))).Length);
        await cache.SetAsync("set", new byte[101]);
        Assert.Equal(0, cache.Count);
        await cache.SetAsync("bytes", new byte[100]);
        await cache.SetAsync("text", new string('é', 50));
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task Never_more_entries_than_the_capacity()
    {
        using LfuHybridCache cache = Create(o => o.Capacity = 10);
        for (int i = 0; i < 100; i++)
        {
            await cache.SetAsync($"{i}", i);
            Assert.InRange(cache.Count, 1, 10);
            Assert.Equal(i, await Look<int>(cache, $"{i}"));
        }
    }

    [Fact]
    public async Task Refreshes_in_the_background_and_serves_the_old_value_meanwhile()
    {
        using LfuHybridCache cache = Create(o => o.RefreshAfter = TimeSpan.FromMinutes(1));
        await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(1));
        _time.Advance(TimeSpan.FromSeconds(61));
        var gate = new TaskCompletionSource<int>();
        Assert.Equal(1, await cache.GetOrCreateAsync("a", async _ => await gate.Task));
        Assert.Equal(1, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(3)));
        gate.SetResult(2);
        await Until(async () => await Look<int>(cache, "a") == 2);
    }

    [Fact]
    public async Task Serves_a_stale_value_when_the_load_fails_but_none_whose_tag_was_removed()
    {
        using LfuHybridCache cache = Create(o => o.StaleOnError = TimeSpan.FromHours(1));
        await cache.SetAsync("a", 1, tags: ["red"]);
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(1, await cache.GetOrCreateAsync<int>("a", _ => throw new IOException()));
        await cache.RemoveByTagAsync("red");
        await Assert.ThrowsAsync<IOException>(async () => await cache.GetOrCreateAsync<int>("a", _ => throw new IOException()));
    }

    [Fact]
    public async Task Uses_the_registered_serializers_the_last_factory_first()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IHybridCacheSerializer<byte[]>>(new Marking<byte[]>(7));
        services.AddSingleton<IHybridCacheSerializerFactory>(new MarkingFactory(1));
        services.AddSingleton<IHybridCacheSerializerFactory>(new MarkingFactory(2));
        services.AddLfuHybridCache();
        await using ServiceProvider provider = services.BuildServiceProvider();
        HybridCache cache = provider.GetRequiredService<HybridCache>();
        Assert.Equal([7], await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(new byte[100])));
        Assert.Equal([2], (await cache.GetOrCreateAsync("b", _ => ValueTask.FromResult(new List<byte>(100)))).ToArray());
    }

    [Fact]
    public async Task A_type_that_cannot_be_serialized_fails_loudly()
    {
        using LfuHybridCache cache = Create();
        await Assert.ThrowsAnyAsync<Exception>(async () => await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult<Action>(() => { })));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task A_factory_that_asks_for_its_own_key_gets_an_error()
    {
        using LfuHybridCache cache = Create();
        foreach (HybridCacheEntryFlags flags in new[] { HybridCacheEntryFlags.None, HybridCacheEntryFlags.DisableLocalCacheRead })
        {
            var options = new HybridCacheEntryOptions { Flags = flags };
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.GetOrCreateAsync(
                "a", async token => await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(1), options, cancellationToken: token), options));
        }
    }

    [Fact]
    public async Task A_hit_of_an_immutable_type_allocates_nothing()
    {
        using LfuHybridCache cache = Create();
        await cache.SetAsync("a", "value");
        Allocation.AssertNone(() => Check(cache.GetOrCreateAsync("a", 0, static (_, _) => ValueTask.FromResult("other"))));

        static void Check(ValueTask<string> hit)
        {
            if (!hit.IsCompletedSuccessfully || hit.Result != "value")
            {
                Assert.Fail("Not a hit.");
            }
        }
    }

    [Fact]
    public async Task Rejects_bad_arguments()
    {
        Bad("Capacity", o => o.Capacity = 0);
        Bad("MaximumPayloadBytes", o => o.MaximumPayloadBytes = 0);
        Bad("MaximumKeyLength", o => o.MaximumKeyLength = 0);
        Bad("RefreshAfter", o => o.RefreshAfter = TimeSpan.Zero);
        Bad("EarlyRefreshBeta", o => o.EarlyRefreshBeta = 0);
        Bad("StaleOnError", o => o.StaleOnError = TimeSpan.Zero);
        Bad("ExpirationJitter", o => o.ExpirationJitter = 1);
        Bad("TagRefreshInterval", o => o.TagRefreshInterval = TimeSpan.Zero);
        using LfuHybridCache cache = Create();
        await Assert.ThrowsAsync<ArgumentNullException>("key", async () => await cache.GetOrCreateAsync((string)null!, _ => ValueTask.FromResult(1)));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => cache.SetAsync(null!, 1).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>("key", async () => await cache.RemoveAsync((string)null!));
        var cancelled = new CancellationToken(true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(1), cancellationToken: cancelled));

        void Bad(string name, Action<LfuHybridCacheOptions> change) =>
            Assert.Throws<ArgumentOutOfRangeException>(name, () => Create(change));
    }

    /// <summary>Oracle: the source's version only grows; a call that begins after a change was announced, by key or by tag,
    /// never gets an older version.</summary>
    [Theory]
    [InlineData(HybridCacheEntryFlags.None)]
    [InlineData(HybridCacheEntryFlags.DisableLocalCacheRead)]
    public async Task Nobody_reads_what_was_removed_before_it_called(HybridCacheEntryFlags readers)
    {
        using LfuHybridCache cache = Create();
        long version = 0;
        long announced = 0;
        using var done = new CancellationTokenSource();
        var options = new HybridCacheEntryOptions { Flags = readers };
        Task[] tasks = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                long least = Volatile.Read(ref announced);
                long read = await cache.GetOrCreateAsync("a", async _ =>
                {
                    long seen = Volatile.Read(ref version);
                    await Task.Yield();
                    return seen;
                }, options, ["tag"]);
                Assert.True(read >= least, $"Read {read} after {least} was announced.");
            }
        }))];
        for (int i = 1; i <= 3_000; i++)
        {
            Interlocked.Increment(ref version);
            await (i % 3 == 0 ? cache.RemoveByTagAsync("tag") : i % 3 == 1 ? cache.RemoveAsync("a") : cache.RemoveByTagAsync("*"));
            Volatile.Write(ref announced, i);
        }

        await done.CancelAsync();
        await Task.WhenAll(tasks);
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(1);
        }
    }

    private static ValueTask<T> Look<T>(HybridCache cache, string key) =>
        cache.GetOrCreateAsync<T>(key, _ => throw new InvalidOperationException("must not run"), OnlyLook);

    private LfuHybridCache Create(Action<LfuHybridCacheOptions>? change = null)
    {
        var options = new LfuHybridCacheOptions();
        change?.Invoke(options);
        return new LfuHybridCache(options, timeProvider: _time);
    }

    [ImmutableObject(true)]
    private sealed record Frozen(int Number);

    private sealed class Marking<T>(byte mark) : IHybridCacheSerializer<T>
    {
        public T Deserialize(ReadOnlySequence<byte> source) =>
            (T)(object)(typeof(T) == typeof(byte[]) ? source.ToArray() : source.ToArray().ToList());

        public void Serialize(T value, IBufferWriter<byte> target) => target.Write([mark]);
    }

    private sealed class MarkingFactory(byte mark) : IHybridCacheSerializerFactory
    {
        public bool TryCreateSerializer<T>(out IHybridCacheSerializer<T> serializer)
        {
            serializer = new Marking<T>(mark);
            return typeof(T) == typeof(List<byte>);
        }
    }
}
