using System.Collections.Concurrent;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>What the user's own code does in the middle of a load: throw, be slow, look at its context.</summary>
public class CacheUserCodeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [InlineData("lru", "weigher")]
    [InlineData("lru", "hash")]
    [InlineData("lru", "equality")]
    [InlineData("lru", "clock")]
    [InlineData("lfu", "weigher")]
    [InlineData("lfu", "hash")]
    [InlineData("lfu", "equality")]
    [InlineData("lfu", "clock")]
    public async Task Whatever_throws_when_a_load_ends_reaches_all_who_wait_and_leaves_the_cache_usable(string kind, string what)
    {
        var faults = new Faults();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind,
            new()
            {
                Capacity = 10,
                Weigher = (_, _) => faults.Pass("weigher", 1),
                Comparer = EqualityComparer<int>.Create((x, y) => faults.Pass("equality", x == y), x => faults.Pass("hash", x)),
                ExpireAfterWrite = Minute,
            },
            new FaultyTime(faults));
        cache.Set(2, 2);
        var gate = new TaskCompletionSource<int>();
        Task<int>[] all = [.. Enumerable.Range(0, 3).Select(_ => cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(gate.Task)).AsTask())];
        Task many = cache.GetOrAddManyAsync([1, 2], 0, static (_, _, _) => throw new InvalidOperationException("must not run")).AsTask();
        faults.Which = what;
        gate.SetResult(1);
        foreach (Task task in (Task[])[.. all, many])
        {
            await Assert.ThrowsAsync<FaultException>(() => task);
        }

        faults.Which = null;
        Assert.Equal(5, await cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(5)));
        Assert.True(cache.TryGet(2, out _));
        cache.Clear();
        await cache.Idle();
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_comparer_that_throws_while_many_keys_begin_leaves_no_load_that_never_runs(string kind)
    {
        int left = int.MaxValue;
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind,
            new()
            {
                Capacity = 10,
                Comparer = EqualityComparer<int>.Create(static (x, y) => x == y, x => Interlocked.Decrement(ref left) < 0 ? throw new FaultException() : x),
            });
        int succeeded = 0;
        for (int calls = 0; succeeded == 0; calls++)
        {
            left = calls; // each hash code in turn is the one that throws
            try
            {
                await LoadMany();
                succeeded++;
            }
            catch (FaultException)
            {
            }

            left = int.MaxValue;
            await cache.Idle();
            Assert.Equal(3, (await LoadMany()).Count); // it would hang
            cache.Clear();
        }

        ValueTask<IReadOnlyDictionary<int, int>> LoadMany() => cache.GetOrAddManyAsync(
            [1, 2, 3], 0, static (keys, _, _) => new(keys.ToDictionary(static key => key, static key => key)));
    }

    // ben-manes/caffeine 308, for those who wait for a load.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_listener_that_blocks_does_not_hold_up_those_who_wait_for_the_load(string kind)
    {
        using var gate = new ManualResetEventSlim();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 1, OnRemoved = (key, _, _) => (key == 0 ? gate : null)?.Wait() });
        cache.Set(0, 0);
        var one = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int>[] waiting = [.. Enumerable.Range(0, 2).Select(_ => cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(one.Task)).AsTask())];
        one.SetResult(1);
        int[] got = await Task.WhenAll(waiting); // though the load evicts 0, whose listener waits for the gate
        Assert.Equal([1, 1], got);
        gate.Set();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_listener_that_blocks_does_not_hold_up_those_who_wait_for_one_of_many_keys(string kind)
    {
        using var gate = new ManualResetEventSlim();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 1, OnRemoved = (key, _, _) => (key == 0 ? gate : null)?.Wait() });
        cache.Set(0, 0);
        var values = new TaskCompletionSource<IReadOnlyDictionary<int, int>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IReadOnlyDictionary<int, int>> many = cache.GetOrAddManyAsync(
            [1, 2, 3], values, static (_, values, _) => new ValueTask<IReadOnlyDictionary<int, int>>(values.Task)).AsTask();
        Task<int> last = cache.GetOrAddAsync(3, static (_, _) => ValueTask.FromResult(0)).AsTask();
        values.SetResult(new Dictionary<int, int> { [1] = 1, [2] = 2, [3] = 3 });
        Assert.Equal(3, await last);
        Assert.Equal(3, (await many).Count);
        gate.Set();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_timer_keeps_nothing_of_whoever_added_the_first_entry(string kind)
    {
        var ambient = new AsyncLocal<string?> { Value = "the first request" };
        string? seen = "nothing";
        var time = new ContextTime();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = Minute, OnRemoved = (_, _, _) => seen = ambient.Value }, time);
        cache.Set(1, 1);
        Assert.Equal("the first request", ambient.Value); // the caller's flow goes on
        ambient.Value = null;
        time.Advance(2 * Minute);
        Assert.Null(seen);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_factory_does_not_need_the_thread_of_the_caller_that_began_it(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var context = new StoppedContext();
        var gate = new TaskCompletionSource();
        SynchronizationContext? before = SynchronizationContext.Current;
        Task<int> first;
        Task many;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            // Both factories would resume on the caller's context, which never gets round to it.
            first = cache.GetOrAddAsync(1, async (_, _) =>
            {
                await gate.Task;
                return 1;
            }).AsTask();
            many = cache.GetOrAddManyAsync([2], 0, async (_, _, _) =>
            {
                await gate.Task;
                return (IReadOnlyDictionary<int, int>)new Dictionary<int, int> { [2] = 2 };
            }).AsTask();
            Assert.Same(context, SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Task<int> other = cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(0)).AsTask();
        gate.SetResult();
        Assert.Equal(1, await other);
        Assert.Equal(1, await first);
        await many;
        Assert.Equal(0, context.Posts);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Factories_of_two_caches_that_ask_for_each_others_key_do_not_deadlock(string kind)
    {
        using ICache<int, int> left = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        using ICache<int, int> right = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var both = new TaskCompletionSource();
        int started = 0;
        Task<int> one = Get(left, right);
        Task<int> two = Get(right, left);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.WhenAll(one, two));

        Task<int> Get(ICache<int, int> cache, ICache<int, int> other) => cache.GetOrAddAsync(1, async (_, _) =>
        {
            if (Interlocked.Increment(ref started) == 2)
            {
                both.SetResult();
            }

            await both.Task;
            return await other.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(1), CancellationToken.None);
        }).AsTask();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_circle_through_a_single_flight_or_through_many_keys_is_an_error_too(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var flights = new SingleFlight<string, int>();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.GetOrAddAsync(1, async (_, _) =>
            await flights.RunAsync("a", async (_, token) => await cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(1), token), CancellationToken.None)));

        // 1 asks for 2 and 1 in one go; having been told, it goes on, and 2 may ask for it.
        Assert.Equal(7, await cache.GetOrAddAsync(1, async (_, token) =>
        {
            Task<int> two = cache.GetOrAddAsync(2, static async (_, _) =>
            {
                await Task.Yield();
                return 7;
            }, token).AsTask();
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.GetOrAddManyAsync(
                [2, 1], 0, static (_, _, _) => throw new TimeoutException(), token));
            return await two;
        }));
        Assert.Equal(2, cache.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Factories_that_ask_for_each_other_at_random_never_hang(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 3 });
        int circles = 0;
        int values = 0;
        await Task.WhenAll(Enumerable.Range(1, 4).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 500; i++)
            {
                try
                {
                    await Ask(random.Next(6), 0, random.Next());
                    Interlocked.Increment(ref values);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref circles);
                }
            }
        }))).WaitAsync(Race.DefaultTimeout);
        Assert.Equal(2_000, circles + values);
        Assert.True(circles > 0 && values > 0);
        await cache.Idle();
        cache.AssertIntegrity();

        ValueTask<int> Ask(int key, int depth, int seed) => cache.GetOrAddAsync(key, async (_, _) =>
        {
            await Task.Yield();
            var random = new Random(seed);
            int sum = 1;
            for (int i = random.Next(3); i > 0 && depth < 3; i--)
            {
                sum += await Ask(random.Next(6), depth + 1, random.Next());
            }

            return sum;
        });
    }

    [Theory]
    [InlineData("lru")]
    [InlineData("lfu")]
    [InlineData("single flight")]
    public async Task What_the_callbacks_of_the_factorys_token_throw_is_no_unobserved_exception(string kind)
    {
        int unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs e) =>
            unobserved += e.Exception.Flatten().InnerExceptions.Any(inner => inner is FaultException) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            await LeaveAlone(kind);
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }

        Assert.Equal(0, unobserved);

        static async Task LeaveAlone(string kind)
        {
            using var leave = new CancellationTokenSource();
            var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var gate = new TaskCompletionSource<int>();
            ValueTask<int> Load(int key, CancellationToken token)
            {
                token.Register(() =>
                {
                    called.SetResult();
                    throw new FaultException();
                });
                return new ValueTask<int>(gate.Task);
            }

            using ICache<int, int>? cache = kind == "single flight" ? null : CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
            Task<int> waiting = cache?.GetOrAddAsync(1, Load, leave.Token).AsTask() ?? new SingleFlight<int, int>().RunAsync(1, Load, leave.Token);
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            await called.Task;
            gate.SetResult(1);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_lookup_of_a_key_known_to_be_missing_counts_as_one_miss(string kind)
    {
        using ICache<string, string> cache = CacheKinds.Create<string, string>(kind, new() { Capacity = 10, MissingTimeToLive = Minute });
        Assert.False(cache.TryGetOrAdd("a", 0, static (_, _) => CacheResult<string>.Missing(), out _));
        Assert.False(cache.TryGetOrAdd("a", 0, static (_, _) => CacheResult<string>.Missing(), out _));
        Assert.False(cache.TryGet("a", out _));
        Assert.False(cache.TryLease("a", out _));
        Assert.False(cache is LruCache<string, string> lru ? lru.TryGet("a".AsSpan(), out _) : ((LfuCache<string, string>)cache).TryGet("a".AsSpan(), out _));
        Assert.True(cache.Lookup("a").IsMissing);
        Assert.Equal((0L, 6L), (cache.Statistics.Hits, cache.Statistics.Misses));
        using (cache.LeaseOrAdd("a", 0, static (_, _) => "A"))
        {
            Assert.Equal((0L, 7L), (cache.Statistics.Hits, cache.Statistics.Misses));
        }

        cache.TryGetOrAdd("b", 0, static (_, _) => CacheResult<string>.Missing(), out _);
        Assert.Equal("B", cache.GetOrAdd("b", static _ => "B"));
        Assert.Equal((0L, 9L), (cache.Statistics.Hits, cache.Statistics.Misses));
    }

    private sealed class FaultException : Exception;

    private sealed class Faults
    {
        private volatile string? _which;

        public string? Which
        {
            get => _which;
            set => _which = value;
        }

        public T Pass<T>(string place, T value) => Which == place ? throw new FaultException() : value;
    }

    private sealed class FaultyTime(Faults faults) : TimeProvider
    {
        public override long GetTimestamp() => faults.Pass("clock", base.GetTimestamp());
    }

    /// <summary>A clock whose timers carry the execution context of their creator, as the platform's do.</summary>
    private sealed class ContextTime : TimeProvider
    {
        private readonly ManualTimeProvider _inner = new();

        public override long TimestampFrequency => _inner.TimestampFrequency;

        public override long GetTimestamp() => _inner.GetTimestamp();

        public void Advance(TimeSpan by) => _inner.Advance(by);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var captured = ExecutionContext.Capture();
            return _inner.CreateTimer(
                captured is null ? callback : inner => ExecutionContext.Run(captured, callback.Invoke, inner), state, dueTime, period);
        }
    }

    /// <summary>The context of a thread that never runs what is posted to it.</summary>
    private sealed class StoppedContext : SynchronizationContext
    {
        private readonly ConcurrentQueue<SendOrPostCallback> _posted = new();

        public int Posts => _posted.Count;

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue(d);
    }
}
