using System.Threading.RateLimiting;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The numbered properties B1 to B8 of the design notes come first.</summary>
public class BulkheadTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(BulkheadOrder.Fifo)]
    [InlineData(BulkheadOrder.Lifo)]
    [InlineData(BulkheadOrder.Priority)]
    public async Task B1_Never_do_more_run_than_may(BulkheadOrder order)
    {
        const int Max = 3;
        var bulkhead = new Bulkhead(new BulkheadOptions { MaxConcurrency = Max, MaxQueue = 5, Order = order });
        int running = 0;
        long ran = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                using BulkheadLease lease = i % 3 == 0 && bulkhead.TryAcquire(out BulkheadLease taken)
                    ? taken
                    : await bulkhead.AcquireAsync(worker % (Bulkhead.MaxPriority + 1));
                if (lease.IsAcquired)
                {
                    Assert.InRange(Interlocked.Increment(ref running), 1, Max);
                    Interlocked.Increment(ref ran);
                    if (i % 7 == 0)
                    {
                        await Task.Yield();
                    }

                    Interlocked.Decrement(ref running);
                }
            }
        })));
        Assert.True(ran > 0);
        Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
    }

    [Fact]
    public async Task B2_A_place_given_to_one_who_cancels_is_passed_on()
    {
        // Two wait; the first is cancelled while the place is given back. Whoever wins, the second must get it or a place
        // must be free: never is it lost.
        for (int round = 0; round < 2_000; round++)
        {
            var bulkhead = new Bulkhead(1, maxQueue: 2);
            bulkhead.TryAcquire(out BulkheadLease held);
            using var source = new CancellationTokenSource();
            Task<BulkheadLease> first = bulkhead.AcquireAsync(cancellationToken: source.Token).AsTask();
            Task<BulkheadLease> second = bulkhead.AcquireAsync().AsTask();
            Race.Run(() => held.Dispose(), source.Cancel);

            try
            {
                BulkheadLease lease = await first;
                Assert.False(second.IsCompleted);
                lease.Dispose();
            }
            catch (OperationCanceledException)
            {
            }

            (await second).Dispose();
            Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
        }
    }

    [Fact]
    public async Task B3_Who_times_out_or_cancels_leaves_the_queue_at_once()
    {
        Bulkhead bulkhead = Create(1, 2, maxWait: Second);
        bulkhead.TryAcquire(out BulkheadLease held);
        Task<BulkheadLease> slow = bulkhead.AcquireAsync().AsTask();
        using var source = new CancellationTokenSource();
        Task<BulkheadLease> cancelled = bulkhead.AcquireAsync(cancellationToken: source.Token).AsTask();
        Assert.Equal(BulkheadRejection.Full, (await bulkhead.AcquireAsync()).Reason);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(1, bulkhead.Queued);
        _time.Advance(Second);
        Assert.Equal((false, BulkheadRejection.TimedOut), ((await slow).IsAcquired, (await slow).Reason));
        Assert.Equal(new BulkheadStatistics(1, 0, 1, 1), bulkhead.Statistics);

        Task<BulkheadLease> next = bulkhead.AcquireAsync().AsTask(); // there is room again
        held.Dispose();
        BulkheadLease lease = await next;
        Assert.True(lease.IsAcquired);
        Assert.Equal(0, _time.ArmedTimers); // nothing is left to fire
    }

    [Theory]
    [InlineData(BulkheadOrder.Fifo, "0 1 2 3")]
    [InlineData(BulkheadOrder.Lifo, "3 2 1 0")]
    [InlineData(BulkheadOrder.Priority, "2 3 0 1")] // 2 and 3 have a higher priority
    public async Task B4_Waiters_are_served_in_the_order_chosen(BulkheadOrder order, string expected)
    {
        Bulkhead bulkhead = Create(1, 4, order: order);
        bulkhead.TryAcquire(out BulkheadLease held);
        Task<BulkheadLease>[] waiting = [.. Enumerable.Range(0, 4).Select(i => bulkhead.AcquireAsync(i / 2).AsTask())];
        List<int> served = [];
        for (int i = 0; i < 4; i++)
        {
            held.Dispose();
            held = await await Task.WhenAny(waiting.Where((_, index) => !served.Contains(index)));
            served.Add(Enumerable.Range(0, 4).Single(index => !served.Contains(index) && waiting[index].IsCompleted));
        }

        Assert.Equal(expected, string.Join(' ', served));
    }

    [Fact]
    public async Task B4_A_low_priority_is_not_starved()
    {
        Bulkhead bulkhead = Create(1, 100, order: BulkheadOrder.Priority);
        bulkhead.TryAcquire(out BulkheadLease held);
        Task<BulkheadLease> low = bulkhead.AcquireAsync(0).AsTask();
        Queue<Task<BulkheadLease>> high = new();
        high.Enqueue(bulkhead.AcquireAsync(7).AsTask());
        int given = 0;
        while (true)
        {
            high.Enqueue(bulkhead.AcquireAsync(7).AsTask()); // a stream of them without end
            held.Dispose();
            given++;
            if (low.IsCompleted)
            {
                break;
            }

            held = await high.Dequeue();
        }

        Assert.InRange(given, 1, 16);
    }

    [Fact]
    public async Task B4_A_full_queue_drops_whom_its_order_says()
    {
        Bulkhead lifo = Create(1, 2, order: BulkheadOrder.Lifo);
        lifo.TryAcquire(out _);
        Task<BulkheadLease> oldest = lifo.AcquireAsync().AsTask();
        Task<BulkheadLease> newer = lifo.AcquireAsync().AsTask();
        Task<BulkheadLease> newest = lifo.AcquireAsync().AsTask();
        Assert.Equal(BulkheadRejection.Full, (await oldest).Reason);
        Assert.False(newer.IsCompleted || newest.IsCompleted);

        Bulkhead priority = Create(1, 2, order: BulkheadOrder.Priority);
        priority.TryAcquire(out _);
        Task<BulkheadLease> low = priority.AcquireAsync(1).AsTask();
        Task<BulkheadLease> lowLater = priority.AcquireAsync(1).AsTask();
        Assert.Equal(BulkheadRejection.Full, (await priority.AcquireAsync(1)).Reason); // not for an equal
        Task<BulkheadLease> high = priority.AcquireAsync(2).AsTask();
        Assert.Equal(BulkheadRejection.Full, (await lowLater).Reason);
        Assert.False(low.IsCompleted || high.IsCompleted);
        Assert.Equal((2, 2), (lifo.Queued, priority.Queued));
    }

    [Fact]
    public async Task B5_Lowering_waits_for_nothing_and_raising_lets_waiters_in()
    {
        Bulkhead bulkhead = Create(4, 10);
        BulkheadLease[] held = new BulkheadLease[4];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(bulkhead.TryAcquire(out held[i]));
        }

        Task<BulkheadLease>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => bulkhead.AcquireAsync().AsTask())];
        bulkhead.MaxConcurrency = 2;
        held[0].Dispose();
        held[1].Dispose();
        Assert.Equal((2, 3, 2), (bulkhead.InUse, bulkhead.Queued, bulkhead.MaxConcurrency)); // drained, nobody let in
        held[2].Dispose();
        Assert.Equal((2, 2), (bulkhead.InUse, bulkhead.Queued));
        Assert.True((await waiting[0]).IsAcquired);
        bulkhead.MaxConcurrency = 9;
        Assert.True((await waiting[1]).IsAcquired && (await waiting[2]).IsAcquired);
        Assert.Equal((4, 0), (bulkhead.InUse, bulkhead.Queued));
        Assert.Throws<ArgumentOutOfRangeException>("value", () => bulkhead.MaxConcurrency = 0);
        Assert.Throws<ArgumentOutOfRangeException>("value", () => bulkhead.MaxConcurrency = Bulkhead.MaxPlaces + 1);
    }

    [Fact]
    public void B6_A_lease_disposed_twice_gives_back_one_place()
    {
        var bulkhead = new Bulkhead(2);
        bulkhead.TryAcquire(out BulkheadLease first);
        bulkhead.TryAcquire(out BulkheadLease second);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, bulkhead.InUse);
        Assert.False(first.IsAcquired);
        second.Dispose();
        default(BulkheadLease).Dispose();
        Assert.Equal(0, bulkhead.InUse);

        BulkheadLease copy = Take(bulkhead);
        BulkheadLease original = copy;
        original.Dispose();
        copy.Dispose(); // misuse, but with nothing in use it cannot go below zero
        Assert.Equal((0, 2), (bulkhead.InUse, bulkhead.MaxConcurrency));
    }

    [Fact]
    public async Task B7_Continuations_do_not_run_under_the_lock_or_on_the_releasing_thread()
    {
        Bulkhead bulkhead = Create(1, 10);
        bulkhead.TryAcquire(out BulkheadLease held);
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        Task continuation = bulkhead.AcquireAsync().AsTask().ContinueWith(
            task =>
            {
                entered.Set();
                leave.Wait(); // were the lock held, or this thread the releasing one, nothing below would come back
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        held.Dispose();
        entered.Wait();
        Task<BulkheadLease> other = bulkhead.AcquireAsync().AsTask();
        bulkhead.MaxConcurrency = 2;
        Assert.True((await other).IsAcquired);
        leave.Set();
        await continuation;
    }

    [Fact]
    public async Task B8_After_a_storm_nothing_is_in_use_and_nothing_queued()
    {
        foreach (BulkheadOrder order in Enum.GetValues<BulkheadOrder>())
        {
            Bulkhead bulkhead = Create(3, 6, maxWait: TimeSpan.FromMilliseconds(40), order: order);
            using var stop = new CancellationTokenSource();
            Task clock = Task.Run(() =>
            {
                var random = new Random(3);
                while (!stop.IsCancellationRequested)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(1));
                    bulkhead.MaxConcurrency = random.Next(1, 6);
                }
            });
            await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
            {
                var random = new Random(worker);
                for (int i = 0; i < 1_000; i++)
                {
                    using var source = new CancellationTokenSource();
                    ValueTask<BulkheadLease> acquiring = bulkhead.AcquireAsync(random.Next(8), source.Token);
                    if (random.Next(4) == 0)
                    {
                        await source.CancelAsync();
                    }

                    try
                    {
                        using BulkheadLease lease = await acquiring;
                        if (random.Next(2) == 0)
                        {
                            await Task.Yield();
                        }
                    }
                    catch (OperationCanceledException)
                    {
                    }
                }
            })));
            await stop.CancelAsync();
            await clock;
            Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
            Assert.Equal(0, _time.ArmedTimers);
        }
    }

    [Theory]
    [InlineData(BulkheadOrder.Fifo)]
    [InlineData(BulkheadOrder.Lifo)]
    [InlineData(BulkheadOrder.Priority)]
    public void Behaves_as_the_reference_model(BulkheadOrder order) => PropertyTest.CheckSequence(
        Gen.Choose(0, 9_999),
        operations =>
        {
            const int MaxQueue = 4;
            Bulkhead bulkhead = Create(2, MaxQueue, order: order);
            int max = 2;
            int inUse = 0;
            int turns = 0;
            List<BulkheadLease> held = [];
            List<(int Priority, Task<BulkheadLease> Task)> queue = []; // in order of arrival
            foreach (int operation in operations)
            {
                int argument = operation / 8;
                switch (operation % 8)
                {
                    case < 2:
                        bool free = inUse < max && queue.Count == 0;
                        Assert.Equal(free, bulkhead.TryAcquire(out BulkheadLease lease));
                        Take(free, lease);
                        break;
                    case < 4:
                        int priority = argument % 8;
                        free = inUse < max && queue.Count == 0;
                        Task<BulkheadLease> task = bulkhead.AcquireAsync(priority).AsTask();
                        Assert.Equal(free || (queue.Count == MaxQueue && VictimFor(priority) < 0), task.IsCompleted);
                        if (task.IsCompleted)
                        {
                            Take(free, task.Result);
                            break;
                        }

                        if (queue.Count == MaxQueue)
                        {
                            Task<BulkheadLease> victim = queue[VictimFor(priority)].Task;
                            Assert.Equal(BulkheadRejection.Full, victim.Result.Reason);
                            queue.RemoveAt(VictimFor(priority));
                        }

                        queue.Add((priority, task));
                        break;
                    case < 7 when held.Count > 0:
                        lease = held[argument % held.Count];
                        held.RemoveAt(argument % held.Count);
                        lease.Dispose();
                        inUse--;
                        Serve();
                        break;
                    case 7:
                        max = 1 + (argument % 4);
                        bulkhead.MaxConcurrency = max;
                        Serve();
                        break;
                    default:
                        break;
                }

                Assert.Equal((inUse, queue.Count, max), (bulkhead.InUse, bulkhead.Queued, bulkhead.MaxConcurrency));
                Assert.DoesNotContain(queue, waiter => waiter.Task.IsCompleted);
            }

            void Take(bool acquired, BulkheadLease lease)
            {
                Assert.Equal(acquired, lease.IsAcquired);
                if (acquired)
                {
                    held.Add(lease);
                    inUse++;
                }
            }

            int VictimFor(int priority) =>
                order == BulkheadOrder.Lifo ? 0
                : order == BulkheadOrder.Priority && queue.Min(waiter => waiter.Priority) is var least && least < priority
                    ? queue.FindLastIndex(waiter => waiter.Priority == least)
                : -1;

            void Serve()
            {
                while (queue.Count > 0 && inUse < max)
                {
                    int next =
                        order == BulkheadOrder.Lifo ? queue.Count - 1
                        : order == BulkheadOrder.Fifo || ++turns % 16 == 0 ? 0
                        : queue.FindIndex(waiter => waiter.Priority == queue.Max(other => other.Priority));
                    Assert.True(queue[next].Task.IsCompletedSuccessfully);
                    Take(acquired: true, queue[next].Task.Result);
                    queue.RemoveAt(next);
                }
            }
        },
        count: 200);

    [Fact]
    public async Task Execute_takes_a_place_for_the_call_and_gives_it_back()
    {
        Bulkhead bulkhead = Create(1, 1);
        Assert.Equal((3, 1), bulkhead.Execute(static state => (3, state.InUse), bulkhead));
        Assert.Equal(1, await bulkhead.ExecuteAsync(static (state, _) => new ValueTask<int>(state.InUse), bulkhead));
        Assert.Throws<InvalidOperationException>(() => bulkhead.Execute<int, int>(static _ => throw new InvalidOperationException(), 0));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await bulkhead.ExecuteAsync<int, int>(static (_, _) => throw new InvalidOperationException(), 0));
        Assert.Equal(0, bulkhead.InUse);

        bulkhead.TryAcquire(out BulkheadLease held);
        Assert.Equal(BulkheadRejection.Full, Assert.Throws<BulkheadRejectedException>(() => bulkhead.Execute(static state => state, 1)).Reason);
        Task<int> waiting = bulkhead.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 7).AsTask();
        await Assert.ThrowsAsync<BulkheadRejectedException>(async () => await bulkhead.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 7));
        held.Dispose();
        Assert.Equal(7, await waiting);
        Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
    }

    [Fact]
    public async Task A_rate_limiter_over_it_takes_the_same_places()
    {
        Bulkhead bulkhead = Create(1, 1);
        using RateLimiter limiter = bulkhead.AsRateLimiter();
        RateLimitLease lease = limiter.AttemptAcquire();
        Assert.True(lease.IsAcquired);
        Assert.Equal(1, bulkhead.InUse);
        Assert.False(limiter.AttemptAcquire(0).IsAcquired);
        using RateLimitLease refused = limiter.AttemptAcquire();
        Assert.False(refused.IsAcquired);
        Assert.True(refused.TryGetMetadata(MetadataName.ReasonPhrase, out string? reason) && reason == "The bulkhead is full.");
        Task<RateLimitLease> waiting = limiter.AcquireAsync().AsTask();
        Assert.Equal(1, limiter.GetStatistics()!.CurrentQueuedCount);
        Race.Run(4, _ => lease.Dispose());
        Assert.True((await waiting).IsAcquired);
        Assert.Equal((1, 0), (bulkhead.InUse, bulkhead.Queued)); // one dispose counted
        (await waiting).Dispose();
        Assert.True((await limiter.AcquireAsync(0)).IsAcquired);
        RateLimiterStatistics statistics = limiter.GetStatistics()!;
        Assert.Equal((1, 2, 1), (statistics.CurrentAvailablePermits, statistics.TotalSuccessfulLeases, statistics.TotalFailedLeases));
        Assert.Null(limiter.IdleDuration);
        Assert.Throws<ArgumentOutOfRangeException>("permitCount", () => limiter.AttemptAcquire(2));
    }

    [Fact]
    public void Nothing_is_allocated_when_there_is_room_or_none()
    {
        var bulkhead = new Bulkhead(1);
        Allocation.AssertNone(() =>
        {
            bulkhead.TryAcquire(out BulkheadLease lease);
            bulkhead.TryAcquire(out _);
            lease.Dispose();
            ValueTask<BulkheadLease> acquired = bulkhead.AcquireAsync();
            lease = acquired.IsCompletedSuccessfully ? acquired.Result : throw new InvalidOperationException();
            lease.Dispose();
            bulkhead.Execute(static state => state, 1);
            ValueTask<int> executed = bulkhead.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 1);
            _ = executed.IsCompletedSuccessfully ? executed.Result : throw new InvalidOperationException();
        });
    }

    [Fact]
    public async Task Bad_arguments_are_refused()
    {
        (string, BulkheadOptions)[] bad =
        [
            ("MaxConcurrency", new() { MaxConcurrency = 0 }),
            ("MaxConcurrency", new() { MaxConcurrency = Bulkhead.MaxPlaces + 1 }),
            ("MaxQueue", new() { MaxQueue = -1 }),
            ("MaxWait", new() { MaxWait = TimeSpan.Zero }),
            ("MaxWait", new() { MaxWait = TimeSpan.FromDays(50) }),
            ("Order", new() { Order = (BulkheadOrder)9 }),
        ];
        foreach ((string setting, BulkheadOptions options) in bad)
        {
            Assert.StartsWith(setting + " is ", Assert.Throws<ArgumentException>("options", () => new Bulkhead(options)).Message, StringComparison.Ordinal);
        }

        var bulkhead = new Bulkhead(1);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("priority", () => bulkhead.AcquireAsync(-1).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("priority", () => bulkhead.AcquireAsync(8).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bulkhead.AcquireAsync(0, new CancellationToken(canceled: true)).AsTask());
        Assert.Throws<ArgumentNullException>("call", () => bulkhead.Execute<int, int>(null!, 0));
        await Assert.ThrowsAsync<ArgumentNullException>("call", () => bulkhead.ExecuteAsync<int, int>(null!, 0).AsTask());
        Assert.Equal(Bulkhead.MaxPlaces, new Bulkhead(Bulkhead.MaxPlaces, Bulkhead.MaxPlaces).MaxConcurrency);
    }

    private static BulkheadLease Take(Bulkhead bulkhead)
    {
        Assert.True(bulkhead.TryAcquire(out BulkheadLease lease));
        return lease;
    }

    private Bulkhead Create(int max, int queue, TimeSpan? maxWait = null, BulkheadOrder order = BulkheadOrder.Fifo) => new(
        new BulkheadOptions { MaxConcurrency = max, MaxQueue = queue, MaxWait = maxWait ?? Timeout.InfiniteTimeSpan, Order = order }, _time);
}
