using System.Collections.Concurrent;
using Primitives.Testing;

namespace Primitives.Tests;

public class WriteBehindTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly TestStore _store = new();
    private readonly ConcurrentQueue<WriteBehindFailure<string, int>> _failures = new();

    [Fact]
    public async Task A_write_is_accepted_at_once_and_made_after_the_delay_together_with_others()
    {
        await using WriteBehind<string, int> behind = Create();
        await behind.SetAsync("a", 1);
        await behind.SetAsync("b", 2);
        Assert.Empty(_store.Rows);

        await UntilTimerIsArmed();
        _time.Advance(Delay - TimeSpan.FromTicks(1));
        Assert.Equal(2, behind.Statistics.Pending);
        _time.Advance(TimeSpan.FromTicks(1));
        await Until(() => behind.Statistics.Pending == 0);

        Assert.Equal(["a", "b"], Assert.Single(_store.Batches).Select(write => write.Key));
        Assert.Equal((1, 2), (_store.Rows["a"], _store.Rows["b"]));
        Assert.Equal(new WriteBehindStatistics(2, 2, 0, 0, 0, 0), behind.Statistics);
    }

    [Fact]
    public async Task Reads_see_what_is_yet_to_be_written_though_the_cache_keeps_nothing()
    {
        _store.Rows["a"] = 1;
        await using WriteBehind<string, int> behind = Create();
        Assert.Equal(1, (await behind.GetAsync("a")).Value);
        await behind.SetAsync("a", 2);
        await behind.RemoveAsync("b");
        _store.Rows["b"] = 7;
        _store.Rows["c"] = 3;

        Assert.Equal(2, (await behind.GetAsync("a")).Value);
        Assert.True((await behind.GetAsync("b")).IsMissing);
        IReadOnlyDictionary<string, int> many = await behind.GetManyAsync(["a", "b", "c", "d"]);
        Assert.Equal([("a", 2), ("c", 3)], many.Select(pair => (pair.Key, pair.Value)).Order());

        await behind.FlushAsync();
        Assert.False(_store.Rows.ContainsKey("b"));
        Assert.Equal(2, (await behind.GetAsync("a")).Value);
    }

    [Fact]
    public async Task A_full_queue_is_written_at_once_though_the_batch_could_be_larger()
    {
        await using var behind = new WriteBehind<string, int>(
            new LruCache<string, int>(10), _store, new WriteBehindOptions<string, int> { Capacity = 2, MaxBatchSize = 100, MaxDelay = Delay }, null, _time);
        for (int i = 0; i < 20; i++)
        {
            await behind.SetAsync($"{i}", i); // waits for room, and the clock stands still
        }

        await behind.FlushAsync();
        Assert.Equal(20, _store.Rows.Count);
    }

    [Fact]
    public async Task Writes_of_one_key_become_one()
    {
        await using WriteBehind<string, int> behind = Create();
        for (int i = 1; i <= 100; i++)
        {
            await behind.SetAsync("a", i);
        }

        await behind.FlushAsync();
        Assert.Equal(100, _store.Rows["a"]);
        Assert.Equal(1, _store.Writes);
        Assert.Equal(new WriteBehindStatistics(100, 1, 99, 0, 0, 0), behind.Statistics);
    }

    [Fact]
    public async Task A_full_batch_is_written_without_delay()
    {
        await using WriteBehind<string, int> behind = Create(o => o.MaxBatchSize = 3);
        await behind.SetAsync("a", 1);
        await UntilTimerIsArmed();
        await behind.SetAsync("b", 2);
        await behind.SetAsync("c", 3);
        await Until(() => _store.Rows.Count == 3);
        Assert.Single(_store.Batches);
    }

    [Fact]
    public async Task A_batch_holds_no_more_than_its_size()
    {
        await using WriteBehind<string, int> behind = Create(o => o.MaxBatchSize = 4);
        var gate = new TaskCompletionSource();
        _store.BeforeWrite = (_, _) => gate.Task;
        for (int i = 0; i < 10; i++)
        {
            await behind.SetAsync($"{i}", i);
        }

        gate.SetResult();
        await behind.FlushAsync();
        Assert.Equal(10, _store.Rows.Count);
        Assert.All(_store.Batches, batch => Assert.InRange(batch.Length, 1, 4));
    }

    [Fact]
    public async Task A_full_queue_makes_writers_of_new_keys_wait_but_not_those_of_waiting_keys()
    {
        var gate = new TaskCompletionSource();
        _store.BeforeWrite = (_, _) => gate.Task;
        await using WriteBehind<string, int> behind = Create(o => (o.Capacity, o.MaxBatchSize) = (2, 2));
        await behind.SetAsync("a", 1);
        await behind.SetAsync("b", 1);
        await Until(() => _store.Writes == 1); // both in flight, both still in the queue

        Task third = behind.SetAsync("c", 1).AsTask();
        await behind.SetAsync("a", 2);
        using var cancelled = new CancellationTokenSource();
        Task fourth = behind.SetAsync("d", 1, cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fourth);
        Assert.False(third.IsCompleted);
        Assert.Equal(2, behind.Statistics.Pending);

        gate.SetResult();
        await third;
        await behind.FlushAsync();
        Assert.Equal([("a", 2), ("b", 1), ("c", 1)], _store.Rows.Select(row => (row.Key, row.Value)).Order());
    }

    [Fact]
    public async Task A_newer_write_of_a_key_in_flight_is_written_after_it_and_not_lost()
    {
        var gate = new TaskCompletionSource();
        _store.BeforeWrite = (writes, _) => writes[0].Value == 1 ? gate.Task : Task.CompletedTask;
        await using WriteBehind<string, int> behind = Create(o => o.MaxBatchSize = 1);
        await behind.SetAsync("a", 1);
        await Until(() => _store.Writes == 1);
        await behind.SetAsync("a", 2);
        Assert.Equal(2, (await behind.GetAsync("a")).Value);
        gate.SetResult();
        await behind.FlushAsync();
        Assert.Equal([1, 2], _store.Batches.Select(batch => batch[0].Value));
        Assert.Equal(new WriteBehindStatistics(2, 2, 0, 0, 0, 0), behind.Statistics);
    }

    [Fact]
    public async Task A_failed_batch_is_tried_again_after_pauses_that_double_up_to_a_limit()
    {
        int left = 4;
        _store.BeforeWrite = (_, _) => left-- > 0 ? throw new IOException("down") : Task.CompletedTask;
        await using WriteBehind<string, int> behind = Create(o => (o.MaxDelay, o.MaxRetryDelay) = (TimeSpan.Zero, TimeSpan.FromSeconds(4)));
        await behind.SetAsync("a", 1);
        Task flush = behind.FlushAsync();
        int[] pauses = [1, 2, 4, 4];
        for (int i = 0; i < pauses.Length; i++)
        {
            await Until(() => _failures.Count == i + 1);
            await UntilTimerIsArmed();
            _time.Advance(TimeSpan.FromSeconds(pauses[i]) - TimeSpan.FromTicks(1));
            await Task.Yield();
            Assert.Equal(i + 1, _store.Writes);
            _time.Advance(TimeSpan.FromTicks(1));
        }

        await flush;
        Assert.Equal(1, _store.Rows["a"]);
        Assert.Equal(4, behind.Statistics.FailedAttempts);
        Assert.All(_failures, failure =>
        {
            Assert.IsType<IOException>(failure.Exception);
            Assert.False(failure.GivenUp);
            Assert.Equal([CacheWrite<string, int>.Put("a", 1)], failure.Writes);
        });
    }

    [Fact]
    public async Task A_write_the_store_refuses_is_given_up_alone_and_read_from_the_store_again()
    {
        _store.Rows["bad"] = 1;
        _store.BeforeWrite = (writes, _) => writes.Any(write => write.Key == "bad") ? throw new InvalidDataException() : Task.CompletedTask;
        await using WriteBehind<string, int> behind = Create(o => (o.MaxAttempts, o.MaxBatchSize) = (3, 8));
        for (int i = 0; i < 20; i++)
        {
            await behind.SetAsync(i == 3 ? "bad" : $"{i}", 100 + i);
        }

        await FlushWithTime(behind);
        WriteBehindFailure<string, int> final = Assert.Single(_failures, failure => failure.GivenUp);
        Assert.Equal([CacheWrite<string, int>.Put("bad", 103)], final.Writes);
        Assert.Equal((19 + 1, 1), (_store.Rows.Count, _store.Rows["bad"]));
        Assert.Equal(1, (await behind.GetAsync("bad")).Value);
        Assert.Equal((20, 19, 1), (behind.Statistics.Accepted, behind.Statistics.Written, behind.Statistics.GivenUp));
    }

    [Fact]
    public async Task Without_a_limit_a_refused_write_holds_up_no_others()
    {
        bool refuse = true;
        _store.BeforeWrite = (writes, _) =>
            Volatile.Read(ref refuse) && writes.Any(write => write.Key == "bad") ? throw new InvalidDataException() : Task.CompletedTask;
        await using WriteBehind<string, int> behind = Create(o => o.MaxBatchSize = 8);
        for (int i = 0; i < 20; i++)
        {
            await behind.SetAsync(i == 3 ? "bad" : $"{i}", i);
        }

        await WithTime(Until(() => _store.Rows.Count == 19));
        Assert.DoesNotContain("bad", _store.Rows.Keys);
        Assert.Equal(3, (await behind.GetAsync("bad")).Value);
        Volatile.Write(ref refuse, false);
        await FlushWithTime(behind);
        Assert.Equal(3, _store.Rows["bad"]);
    }

    [Fact]
    public async Task Disposing_writes_what_is_left_and_accepts_no_more()
    {
        WriteBehind<string, int> behind = Create();
        for (int i = 0; i < 250; i++)
        {
            await behind.SetAsync($"{i}", i);
        }

        await Task.WhenAll(behind.DisposeAsync().AsTask(), behind.DisposeAsync().AsTask());
        Assert.Equal(250, _store.Rows.Count);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => behind.SetAsync("x", 1).AsTask());
        Assert.Equal(7, (await behind.GetAsync("7")).Value);
        await behind.FlushAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_gives_up_in_time_and_says_what_may_be_lost(bool hangs)
    {
        var never = new TaskCompletionSource();
        _store.BeforeWrite = (_, _) => hangs ? never.Task : throw new IOException("down");
        WriteBehind<string, int> behind = Create(o => (o.Capacity, o.DisposeTimeout) = (3, TimeSpan.FromSeconds(10)));
        foreach (string key in new[] { "a", "b", "c" })
        {
            await behind.SetAsync(key, 1);
        }

        Task waiting = behind.SetAsync("d", 1).AsTask();
        Task disposal = behind.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await WithTime(disposal);

        Assert.Equal(["a", "b", "c"], _failures.Where(failure => failure.GivenUp).SelectMany(failure => failure.Writes).Select(write => write.Key).Order());
        Assert.Equal((3, 3, 0), (behind.Statistics.Accepted, behind.Statistics.GivenUp, behind.Statistics.Pending));
        await UntilNoTimerIsArmed();
        never.SetResult();
    }

    [Fact]
    public async Task An_observer_that_throws_stops_nothing()
    {
        int left = 1;
        _store.BeforeWrite = (_, _) => left-- > 0 ? throw new IOException("down") : Task.CompletedTask;
        await using WriteBehind<string, int> behind = Create(o => o.OnFailure = _ => throw new InvalidOperationException());
        await behind.SetAsync("a", 1);
        await FlushWithTime(behind);
        Assert.Equal(1, _store.Rows["a"]);
    }

    [Fact]
    public async Task A_flush_can_be_left_and_an_empty_one_ends_at_once()
    {
        var gate = new TaskCompletionSource();
        _store.BeforeWrite = (_, _) => gate.Task;
        await using WriteBehind<string, int> behind = Create();
        await behind.FlushAsync();
        await behind.SetAsync("a", 1);
        using var source = new CancellationTokenSource();
        Task flush = behind.FlushAsync(source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        gate.SetResult();
    }

    [Fact]
    public async Task Nothing_runs_while_nothing_is_to_be_written()
    {
        await using WriteBehind<string, int> behind = Create();
        Assert.Equal(0, _time.ArmedTimers);
        await behind.SetAsync("a", 1);
        await behind.FlushAsync();
        await UntilNoTimerIsArmed();
    }

    [Fact]
    public void Rejects_bad_arguments()
    {
        var cache = new ForgetfulCache<string, int>();
        Assert.Throws<ArgumentNullException>("cache", () => new WriteBehind<string, int>(null!, _store));
        Assert.Throws<ArgumentNullException>("store", () => new WriteBehind<string, int>(cache, null!));
        Bad("Capacity", o => o.Capacity = 0);
        Bad("MaxBatchSize", o => o.MaxBatchSize = 0);
        Bad("MaxDelay", o => o.MaxDelay = TimeSpan.FromTicks(-1));
        Bad("RetryDelay", o => o.RetryDelay = TimeSpan.Zero);
        Bad("MaxRetryDelay", o => o.MaxRetryDelay = TimeSpan.FromMilliseconds(1));
        Bad("MaxDelay", o => o.MaxDelay = TimeSpan.FromDays(2));
        Bad("MaxRetryDelay", o => o.MaxRetryDelay = TimeSpan.MaxValue);
        Bad("DisposeTimeout", o => o.DisposeTimeout = TimeSpan.FromDays(50));
        Bad("MaxAttempts", o => o.MaxAttempts = 0);
        Bad("DisposeTimeout", o => o.DisposeTimeout = TimeSpan.Zero);

        void Bad(string name, Action<WriteBehindOptions<string, int>> change) =>
            Assert.Throws<ArgumentOutOfRangeException>(name, () => Create(change));
    }

    /// <summary>Oracle: every accepted write is written, coalesced or given up; the store ends with the last write of each
    /// key; after its own write nobody reads an older one. The store fails, half-fails and stalls at random.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_write_is_lost_whatever_the_store_does(int seed)
    {
        var faults = new Random(seed);
        _store.BeforeWrite = async (_, _) =>
        {
            int roll;
            lock (faults)
            {
                roll = faults.Next(10);
            }

            if (roll < 2)
            {
                throw new IOException("before");
            }

            if (roll < 6)
            {
                await Task.Yield();
            }
        };
        _store.AfterWrite = _ =>
        {
            lock (faults)
            {
                return faults.Next(10) == 0 ? throw new IOException("after: made, but reported as failed") : Task.CompletedTask;
            }
        };
        WriteBehind<string, int> behind = Create(o =>
            (o.Capacity, o.MaxBatchSize, o.MaxDelay, o.RetryDelay, o.MaxRetryDelay) =
            (8, 5, TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)));

        // Each worker owns its keys, so it knows what the last write was.
        var last = new ConcurrentDictionary<string, int>();
        long accepted = 0;
        Task workers = Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + worker);
            for (int i = 1; i <= 400; i++)
            {
                string key = $"{worker}.{random.Next(4)}";
                if (random.Next(5) == 0)
                {
                    await behind.RemoveAsync(key);
                    last.TryRemove(key, out _);
                }
                else
                {
                    await behind.SetAsync(key, i);
                    last[key] = i;
                }

                Interlocked.Increment(ref accepted);
                CacheLookup<int> read = await behind.GetAsync(key);
                Assert.Equal(last.TryGetValue(key, out int expected) ? (int?)expected : null, read.TryGetValue(out int actual) ? (int?)actual : null);
                if (random.Next(50) == 0)
                {
                    await behind.FlushAsync();
                    Assert.Equal(last.TryGetValue(key, out expected) ? (int?)expected : null, _store.Rows.TryGetValue(key, out actual) ? (int?)actual : null);
                }
            }
        })));
        await WithTime(workers);
        await WithTime(behind.DisposeAsync().AsTask());

        Assert.Equal(last.OrderBy(pair => pair.Key), _store.Rows.OrderBy(pair => pair.Key));
        WriteBehindStatistics statistics = behind.Statistics;
        Assert.Equal(accepted, statistics.Accepted);
        Assert.Equal((0, 0L), (statistics.Pending, statistics.GivenUp));
        Assert.Equal(statistics.Accepted, statistics.Written + statistics.Coalesced);
        Assert.True(statistics.FailedAttempts > 0);
    }

    /// <summary>Oracle: of the writes that were accepted before a disposal struck, each is in the store, or a later accepted
    /// one of its key is, or it was reported as given up; no accepted write vanishes.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task A_disposal_in_the_middle_loses_nothing_without_saying_so(int seed)
    {
        for (int round = 0; round < 20; round++)
        {
            var store = new TestStore();
            var random = new Random((seed * 1000) + round);
            bool broken = random.Next(2) == 0;
            store.BeforeWrite = (_, _) => broken ? throw new IOException("down") : Task.CompletedTask;
            var lost = new ConcurrentDictionary<string, int>();
            WriteBehind<string, int> behind = new(
                new ForgetfulCache<string, int>(),
                store,
                new WriteBehindOptions<string, int>
                {
                    Capacity = 5,
                    MaxBatchSize = 3,
                    DisposeTimeout = TimeSpan.FromSeconds(3),
                    OnFailure = failure =>
                    {
                        foreach (CacheWrite<string, int> write in failure.GivenUp ? failure.Writes : [])
                        {
                            lost[write.Key] = write.Value;
                        }
                    },
                },
                timeProvider: _time);
            var accepted = new ConcurrentDictionary<string, int>();
            Task[] writers = [.. Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
            {
                for (int i = 1; i < 100_000; i++)
                {
                    string key = $"{writer}.{i % 3}";
                    try
                    {
                        await behind.SetAsync(key, i);
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }

                    accepted[key] = i;
                }
            }))];
            for (int i = random.Next(50); i > 0; i--)
            {
                await Task.Yield();
            }

            await WithTime(Task.WhenAll([behind.DisposeAsync().AsTask(), .. writers]));
            WriteBehindStatistics statistics = behind.Statistics;
            Assert.Equal(statistics.Accepted, statistics.Written + statistics.Coalesced + statistics.GivenUp);
            Assert.Equal(0, statistics.Pending);
            foreach ((string key, int value) in accepted)
            {
                Assert.True(
                    (store.Rows.TryGetValue(key, out int row) && row == value) || (lost.TryGetValue(key, out int gone) && gone == value),
                    $"The write {key} = {value} vanished.");
            }
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }

    private WriteBehind<string, int> Create(Action<WriteBehindOptions<string, int>>? change = null)
    {
        var options = new WriteBehindOptions<string, int> { MaxDelay = Delay, OnFailure = _failures.Enqueue };
        change?.Invoke(options);
        return new WriteBehind<string, int>(new ForgetfulCache<string, int>(), _store, options, timeProvider: _time);
    }

    private Task UntilTimerIsArmed() => Until(() => _time.ArmedTimers > 0);

    // The platform disposes of a timer after it has completed the task that waited for it, and so perhaps after this test
    // has gone on.
    private Task UntilNoTimerIsArmed() => Until(() => _time.ArmedTimers == 0);

    private Task FlushWithTime(WriteBehind<string, int> behind) => WithTime(behind.FlushAsync());

    /// <summary>Lets the manual clock run while the work goes on.</summary>
    private async Task WithTime(Task work)
    {
        while (!work.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        await work;
    }
}
