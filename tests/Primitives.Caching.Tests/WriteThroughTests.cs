namespace Primitives.Tests;

public class WriteThroughTests
{
    private readonly TestStore _store = new();

    [Fact]
    public async Task Reads_through_once_and_remembers_what_is_missing_as_the_cache_says()
    {
        using var cache = new LruCache<string, int>(new CacheOptions<string, int> { Capacity = 10, MissingTimeToLive = TimeSpan.FromMinutes(1) });
        var reads = new ReadThrough<string, int>(cache, _store);
        _store.Rows["a"] = 1;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(1, (await reads.GetAsync("a")).Value);
            Assert.True((await reads.GetAsync("none")).IsMissing);
        }

        Assert.Equal(2, _store.Loads);
        _store.Rows["b"] = 2;
        Assert.Equal([("a", 1), ("b", 2)], (await reads.GetManyAsync(["a", "b", "none", "c"])).Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal(3, _store.Loads);
    }

    [Fact]
    public async Task Sixty_four_readers_of_one_absent_key_load_it_once()
    {
        using var cache = new LfuCache<string, int>(10);
        var reads = new ReadThrough<string, int>(cache, _store);
        var gate = new TaskCompletionSource();
        _store.Rows["a"] = 1;
        _store.BeforeLoad = (_, _) => gate.Task;
        Task<CacheLookup<int>>[] readers = [.. Enumerable.Range(0, 64).Select(_ => reads.GetAsync("a").AsTask())];
        gate.SetResult();
        Assert.All(await Task.WhenAll(readers), read => Assert.Equal(1, read.Value));
        Assert.Equal(1, _store.Loads);
    }

    [Fact]
    public async Task A_write_is_in_the_store_first_and_then_in_the_cache()
    {
        using var cache = new LruCache<string, int>(10);
        var through = new WriteThrough<string, int>(cache, _store);
        _store.AfterWrite = _ =>
        {
            Assert.False(cache.TryGet("a", out int _));
            return Task.CompletedTask;
        };
        await through.SetAsync("a", 1);
        _store.AfterWrite = _ => Task.CompletedTask;
        Assert.Equal((1, 1), (_store.Rows["a"], (await through.GetAsync("a")).Value));
        Assert.Equal(0, _store.Loads);
        await through.RemoveAsync("a");
        Assert.False(_store.Rows.ContainsKey("a"));
        Assert.False((await through.GetAsync("a")).HasValue);
        Assert.Empty(await through.GetManyAsync(["a"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_failure_the_store_decides(bool itWasMade)
    {
        using var cache = new LruCache<string, int>(10);
        var through = new WriteThrough<string, int>(cache, _store);
        await through.SetAsync("a", 1);
        _store.BeforeWrite = (_, _) => itWasMade ? Task.CompletedTask : throw new IOException();
        _store.AfterWrite = _ => throw new IOException();
        await Assert.ThrowsAsync<IOException>(() => through.SetAsync("a", 2).AsTask());
        Assert.Equal(itWasMade ? 2 : 1, (await through.GetAsync("a")).Value);
        await Assert.ThrowsAsync<IOException>(() => through.RemoveAsync("a").AsTask());
        Assert.Equal(!itWasMade, (await through.GetAsync("a")).HasValue);
    }

    [Fact]
    public async Task Writers_of_one_key_take_turns_and_may_leave_the_queue_and_other_keys_go_ahead()
    {
        using var cache = new LruCache<string, int>(10);
        var through = new WriteThrough<string, int>(cache, _store);
        var gate = new TaskCompletionSource();
        _store.BeforeWrite = (writes, _) => writes[0].Value == 1 ? gate.Task : Task.CompletedTask;
        Task first = through.SetAsync("a", 1).AsTask();
        using var source = new CancellationTokenSource();
        Task leaves = through.SetAsync("a", 2, source.Token).AsTask();
        Task last = through.SetAsync("a", 3).AsTask();
        await through.SetAsync("b", 9);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        Assert.False(last.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(first, last);
        Assert.Equal([9, 1, 3], _store.Batches.Select(batch => batch[0].Value).OrderBy(value => value == 9 ? 0 : value));
        Assert.Equal((3, 3), (_store.Rows["a"], (await through.GetAsync("a")).Value));
    }

    [Fact]
    public async Task A_load_that_began_before_a_write_does_not_outlive_it()
    {
        using var cache = new LruCache<string, int>(10);
        var through = new WriteThrough<string, int>(cache, _store);
        _store.Rows["a"] = 1;
        var gate = new TaskCompletionSource();
        _store.AfterLoad = _ => gate.Task;
        Task<CacheLookup<int>> old = through.GetAsync("a").AsTask();
        await through.SetAsync("a", 2);
        gate.SetResult();
        Assert.Equal(1, (await old).Value); // it began before
        Assert.Equal(2, (await through.GetAsync("a")).Value);
    }

    /// <summary>Oracle: each worker owns keys and reads back what it wrote, from a cache that holds a single entry; at the
    /// end cache and store agree. Cancellations and failures are thrown in.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task Cache_and_store_agree_whatever_fails(int capacity)
    {
        using var cache = new LruCache<string, int>(capacity);
        var through = new WriteThrough<string, int>(cache, _store);
        int calls = 0;
        _store.BeforeWrite = async (_, _) =>
        {
            int call = Interlocked.Increment(ref calls);
            if (call % 3 == 0)
            {
                await Task.Yield();
            }

            if (call % 7 == 0)
            {
                throw new IOException();
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 500; i++)
            {
                string key = $"{random.Next(4)}"; // shared by all workers
                using var source = new CancellationTokenSource();
                try
                {
                    Task write = random.Next(4) == 0 ? through.RemoveAsync(key, source.Token).AsTask() : through.SetAsync(key, i, source.Token).AsTask();
                    if (random.Next(4) == 0)
                    {
                        await source.CancelAsync();
                    }

                    _ = through.GetAsync($"{random.Next(4)}").AsTask();
                    await write;
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException)
                {
                    // The store decides.
                }
            }
        })));
        for (int key = 0; key < 4; key++)
        {
            CacheLookup<int> read = await through.GetAsync($"{key}");
            Assert.Equal(_store.Rows.TryGetValue($"{key}", out int row) ? (int?)row : null, read.TryGetValue(out int value) ? (int?)value : null);
        }
    }

    /// <summary>Oracle: after its own write, a writer behind never reads an older value, though the cache evicts all the
    /// time and loads from before the write are still on their way.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Write_behind_over_a_tiny_cache_lets_everybody_read_its_own_writes(int capacity)
    {
        using var cache = new LfuCache<string, int>(capacity);
        _store.AfterLoad = async _ =>
        {
            await Task.Yield();
            await Task.Yield();
        };
        await using var behind = new WriteBehind<string, int>(
            cache, _store, new WriteBehindOptions<string, int> { Capacity = 6, MaxBatchSize = 2, MaxDelay = TimeSpan.Zero });
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 2).Select(reader => Task.Run(async () =>
        {
            var random = new Random(reader);
            while (!done.IsCancellationRequested)
            {
                await behind.GetAsync($"{random.Next(4)}.{random.Next(3)}");
            }
        }))];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker + 100);
            var mine = new Dictionary<string, int>();
            for (int i = 1; i <= 1_000; i++)
            {
                string key = $"{worker}.{random.Next(3)}";
                await behind.SetAsync(key, i);
                mine[key] = i;
                string other = $"{worker}.{random.Next(3)}";
                CacheLookup<int> read = await behind.GetAsync(other);
                Assert.Equal(mine.GetValueOrDefault(other), read.TryGetValue(out int value) ? value : 0);
            }
        })));
        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public void Rejects_bad_arguments()
    {
        using var cache = new LruCache<string, int>(1);
        Assert.Throws<ArgumentNullException>("cache", () => new ReadThrough<string, int>(null!, _store));
        Assert.Throws<ArgumentNullException>("store", () => new ReadThrough<string, int>(cache, null!));
        Assert.Throws<ArgumentNullException>("cache", () => new WriteThrough<string, int>(null!, _store));
        var through = new WriteThrough<string, int>(cache, _store);
        Assert.Throws<ArgumentNullException>("key", () => { _ = through.SetAsync(null!, 1).AsTask(); });
        Assert.Throws<ArgumentNullException>("key", () => { _ = through.RemoveAsync(null!).AsTask(); });
    }
}
