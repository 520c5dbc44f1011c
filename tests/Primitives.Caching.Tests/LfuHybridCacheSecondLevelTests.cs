using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Several servers, each with a cache, share a second level.</summary>
public class LfuHybridCacheSecondLevelTests
{
    private static readonly HybridCacheEntryOptions OnlyLook = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData };

    private readonly ManualTimeProvider _time = new();
    private readonly SharedLevel _shared;
    private readonly ConcurrentQueue<(string Key, Exception Exception)> _failures = new();

    public LfuHybridCacheSecondLevelTests() => _shared = new SharedLevel(_time);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_server_made_another_finds_with_the_time_that_is_left(bool buffers)
    {
        using LfuHybridCache one = Create(buffers);
        using LfuHybridCache two = Create(buffers);
        List<int> value = [1, 2, 3];
        await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(value), new() { Expiration = TimeSpan.FromMinutes(4) });
        await one.SetAsync("text", "é");
        await one.SetAsync<string?>("null", null);
        await _shared.Written("a");
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(value, await Get<List<int>>(two, "a"));
        Assert.Equal("é", await Get<string>(two, "text"));
        Assert.Null(await Get<string>(two, "null"));
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(await Look<List<int>>(two, "a"));
    }

    [Fact]
    public async Task Removals_reach_both_levels()
    {
        using LfuHybridCache one = Create();
        await one.SetAsync("a", 1);
        await one.RemoveAsync("a");
        Assert.Empty(_shared.Keys);
        Assert.Equal(0, await Look<int>(one, "a"));
    }

    [Fact]
    public async Task A_load_does_not_bring_back_what_was_removed_or_set_meanwhile()
    {
        using LfuHybridCache one = Create();
        var gate = new TaskCompletionSource<int>();
        Task<int> old = one.GetOrCreateAsync("a", async _ => await gate.Task).AsTask();
        await one.RemoveAsync("a");
        gate.SetResult(1);
        await old;
        Assert.Empty(_shared.Keys);

        // Also if the removal comes while the load's write is on its way to the second level.
        var write = new TaskCompletionSource();
        _shared.BeforeSet = _ => write.Task;
        await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(1));
        await one.RemoveAsync("a");
        _shared.BeforeSet = _ => Task.CompletedTask;
        write.SetResult();
        await Until(() => _shared.Sets == 1 && _shared.Removes >= 3);
        Assert.Empty(_shared.Keys);
    }

    [Fact]
    public async Task What_is_read_from_the_second_level_during_a_removal_or_a_write_does_not_outlive_it()
    {
        using LfuHybridCache one = Create();
        await one.SetAsync("a", 1);
        var gate = new TaskCompletionSource();
        _shared.BeforeRemove = _ => gate.Task;
        Task removal = one.RemoveAsync("a").AsTask();
        Assert.Equal(1, await Get<int>(one, "a")); // still in the second level, and now in the first again
        gate.SetResult();
        await removal;
        Assert.Equal(0, await Look<int>(one, "a"));

        using LfuHybridCache tiny = Create(change: o => o.Capacity = 1);
        await tiny.SetAsync("a", 1);
        var write = new TaskCompletionSource();
        _shared.BeforeSet = key => key == "a" ? write.Task : Task.CompletedTask;
        Task set = tiny.SetAsync("a", 2).AsTask();
        await tiny.SetAsync("b", 3); // the new value gives way…
        Assert.Equal(1, await Get<int>(tiny, "a")); // …and the old one comes back from the second level
        write.SetResult();
        await set;
        Assert.Equal(2, await Look<int>(tiny, "a"));
    }

    [Fact]
    public async Task Another_servers_removed_tag_is_seen_by_reads_of_the_second_level_within_the_interval()
    {
        using LfuHybridCache one = Create();
        using LfuHybridCache two = Create();
        await one.SetAsync("a", 1, new() { Expiration = TimeSpan.FromHours(1), LocalCacheExpiration = TimeSpan.FromSeconds(1) }, ["red"]);
        Assert.Equal(1, await Get<int>(two, "a", TimeSpan.FromSeconds(1))); // two has now read the tag
        _time.Advance(TimeSpan.FromSeconds(2));
        await one.RemoveByTagAsync("red");
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, await Look<int>(two, "a"));
        Assert.Equal(0, await Look<int>(one, "a"));

        // And so is "*", and what is written afterwards is valid.
        await one.SetAsync("a", 2, tags: ["red"]);
        Assert.Equal(2, await Look<int>(two, "a"));
        await two.RemoveByTagAsync("*");
        Assert.Equal(0, await Look<int>(two, "a"));
        using LfuHybridCache three = Create();
        Assert.Equal(0, await Look<int>(three, "a"));
    }

    [Fact]
    public async Task A_refresh_is_not_answered_by_the_second_levels_copy_of_what_is_refreshed()
    {
        using LfuHybridCache one = Create(change: o => o.RefreshAfter = TimeSpan.FromMinutes(1));
        await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(1));
        await _shared.Written("a");
        _time.Advance(TimeSpan.FromSeconds(61));
        await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(2));
        await Until(async () => await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(3)) == 2);

        // But by a newer one, which another server made.
        using LfuHybridCache two = Create();
        _time.Advance(TimeSpan.FromSeconds(61));
        await two.SetAsync("a", 7);
        await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(8));
        await Until(async () => await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(9)) == 7);
    }

    [Fact]
    public async Task A_second_level_that_fails_counts_as_empty_and_is_reported()
    {
        using LfuHybridCache one = Create();
        _shared.BeforeGet = _ => throw new IOException("get");
        _shared.BeforeSet = _ => throw new IOException("set");
        Assert.Equal(1, await one.GetOrCreateAsync("a", _ => ValueTask.FromResult(1)));
        await one.SetAsync("b", 2);
        await Until(() => _failures.Count == 3);
        Assert.Equal(["get", "set", "set"], _failures.Select(failure => failure.Exception.Message).Order());
        Assert.Equal((1, 2), (await Look<int>(one, "a"), await Look<int>(one, "b")));

        // But whoever removes must know.
        _shared.BeforeRemove = _ => throw new IOException("remove");
        await Assert.ThrowsAsync<IOException>(() => one.RemoveAsync("a").AsTask());
        await Assert.ThrowsAsync<IOException>(() => one.RemoveByTagAsync("red").AsTask());
        Assert.Equal(0, await Look<int>(one, "a"));
    }

    [Fact]
    public async Task Flags_and_keys_keep_the_second_level_out()
    {
        using LfuHybridCache one = Create();
        await one.SetAsync("a", 1, new() { Flags = HybridCacheEntryFlags.DisableDistributedCacheWrite });
        await one.GetOrCreateAsync("b", _ => ValueTask.FromResult(1), new() { Flags = HybridCacheEntryFlags.DisableDistributedCache });
        await one.SetAsync("lone \uD800 half", 1);
        await one.SetAsync("c", 1, tags: ["lone \uDC00 half"]);
        Assert.Empty(_shared.Keys);
        Assert.Equal((1, 1), (await Look<int>(one, "lone \uD800 half"), await Look<int>(one, "c")));
        await one.SetAsync("\uD83D\uDE00", 1, tags: ["\uD83D\uDE00"]); // a whole pair is fine
        Assert.Single(_shared.Keys);

        using LfuHybridCache two = Create();
        await two.SetAsync("d", 1);
        using LfuHybridCache three = Create();
        Assert.Equal(2, await three.GetOrCreateAsync("d", _ => ValueTask.FromResult(2), new() { Flags = HybridCacheEntryFlags.DisableDistributedCacheRead }));
        using LfuHybridCache four = Create(change: o => o.UseDistributedCache = false);
        Assert.Equal(0, await Look<int>(four, "d"));
    }

    [Fact]
    public async Task Foreign_damaged_and_truncated_bytes_count_as_absent()
    {
        using LfuHybridCache one = Create();
        await one.SetAsync("a", new List<int> { 1, 2, 3 }, tags: ["red", "blue"]);
        byte[] good = _shared.Get("a")!;
        var random = new Random(1);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] flipped = [.. good];
            flipped[i] ^= (byte)(1 << random.Next(8));
            Assert.Null(await ReadRaw(flipped));
            Assert.Null(await ReadRaw(good[..i]));
        }

        Assert.Null(await ReadRaw([.. good, 0]));
        Assert.Equal([1, 2, 3], (await ReadRaw(good))!);
        _shared.Set("other key", good, new());
        Assert.Null(await Look<List<int>>(one, "other key")); // the key is in the bytes

        // Written by an older version of the application: good bytes, but not of this type.
        await one.SetAsync("typed", "not a number");
        using LfuHybridCache two = Create();
        Assert.Equal(5, await two.GetOrCreateAsync("typed", _ => ValueTask.FromResult(new Dictionary<string, int> { ["x"] = 5 })) is { } made ? made["x"] : 0);
        Assert.Contains(_failures, failure => failure.Key == "typed");

        async Task<List<int>?> ReadRaw(byte[] bytes)
        {
            using LfuHybridCache fresh = Create();
            _shared.Set("a", bytes, new());
            return await Look<List<int>>(fresh, "a");
        }
    }

    [Fact]
    public void The_bytes_of_the_second_level_are_as_documented()
    {
        var payload = new HybridPayload(0x0102030405060708, 0x1112131415161718, ["t"], IsNull: false, new byte[] { 9, 8 });
        byte[] bytes = payload.ToBytes("ké");
        Assert.Equal(
            "505248430100010008070605040302011817161514131211030000000200000" + "06BC3A901000000740908",
            Convert.ToHexString(bytes[..^4]));
        Assert.True(HybridPayload.TryRead(bytes, "ké", out HybridPayload read));
        Assert.Equal((payload.CreatedAt, payload.ExpiresAt, "t", false), (read.CreatedAt, read.ExpiresAt, read.Tags.Single(), read.IsNull));
        Assert.Equal([9, 8], read.Value.ToArray());
        Assert.False(HybridPayload.TryRead(bytes, "k", out _));
    }

    private static ValueTask<T> Look<T>(HybridCache cache, string key) =>
        cache.GetOrCreateAsync<T>(key, _ => throw new InvalidOperationException("must not run"), OnlyLook);

    private static ValueTask<T> Get<T>(HybridCache cache, string key, TimeSpan? local = null) =>
        cache.GetOrCreateAsync<T>(
            key,
            _ => throw new InvalidOperationException("must not run"),
            local is null ? null : new() { Expiration = TimeSpan.FromHours(1), LocalCacheExpiration = local });

    private static Task Until(Func<bool> condition) => Until(() => Task.FromResult(condition()));

    private static async Task Until(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(1);
        }
    }

    private LfuHybridCache Create(bool buffers = false, Action<LfuHybridCacheOptions>? change = null)
    {
        var options = new LfuHybridCacheOptions { OnDistributedCacheFailure = (key, exception) => _failures.Enqueue((key, exception)) };
        change?.Invoke(options);
        return new LfuHybridCache(options, buffers ? new Buffered(_shared) : _shared, timeProvider: _time);
    }

    /// <summary>A second level that can be made slow or failing.</summary>
    private sealed class SharedLevel(TimeProvider time) : IDistributedCache
    {
        private readonly LfuDistributedCache _inner = new(10_000_000, time);
        private readonly ConcurrentDictionary<string, bool> _keys = new();
        private int _removes;
        private int _sets;

        public Func<string, Task> BeforeGet { get; set; } = _ => Task.CompletedTask;

        public Func<string, Task> BeforeSet { get; set; } = _ => Task.CompletedTask;

        public Func<string, Task> BeforeRemove { get; set; } = _ => Task.CompletedTask;

        public IEnumerable<string> Keys => _keys.Keys;

        public int Removes => Volatile.Read(ref _removes);

        public int Sets => Volatile.Read(ref _sets);

        public Task Written(string key) => Until(() => _keys.ContainsKey(key));

        public byte[]? Get(string key) => _inner.Get(key);

        public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            await BeforeGet(key);
            return await _inner.GetAsync(key, token);
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
        {
            _inner.Set(key, value, options);
            _keys[key] = true;
        }

        public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            await BeforeSet(key);
            if (key.StartsWith("__", StringComparison.Ordinal))
            {
                await BeforeRemove(key); // a removed tag is removed by a write
            }

            token.ThrowIfCancellationRequested();
            Set(key, value, options);
            Interlocked.Increment(ref _sets);
        }

        public void Refresh(string key) => _inner.Refresh(key);

        public Task RefreshAsync(string key, CancellationToken token = default) => _inner.RefreshAsync(key, token);

        public void Remove(string key)
        {
            _inner.Remove(key);
            _keys.TryRemove(key, out _);
            Interlocked.Increment(ref _removes);
        }

        public async Task RemoveAsync(string key, CancellationToken token = default)
        {
            await BeforeRemove(key);
            Remove(key);
        }
    }

    private sealed class Buffered(SharedLevel inner) : IBufferDistributedCache
    {
        public byte[]? Get(string key) => throw new NotSupportedException();

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => inner.GetAsync(key, token); // removed tags

        public void Refresh(string key) => throw new NotSupportedException();

        public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

        public void Remove(string key) => inner.Remove(key);

        public Task RemoveAsync(string key, CancellationToken token = default) => inner.RemoveAsync(key, token);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => inner.Set(key, value, options);

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
            inner.SetAsync(key, value, options, token);

        public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

        public ValueTask SetAsync(
            string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
            throw new NotSupportedException();

        public bool TryGet(string key, IBufferWriter<byte> destination) => throw new NotSupportedException();

        public async ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default)
        {
            byte[]? bytes = await inner.GetAsync(key, token);
            destination.Write(bytes);
            return bytes is not null;
        }
    }
}
