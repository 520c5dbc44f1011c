using System.Threading.RateLimiting;

namespace Primitives.Tests;

/// <summary>Callers that wait, for every kind of limiter: order, limit, cancellation, disposal.</summary>
public class WaitingTests
{
    private static readonly RateQuota Quota = new(10, TimeSpan.FromSeconds(10));

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Waiting_callers_are_served_in_order_at_the_earliest_time(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 10);
        TimeSpan retryAfter = limiter.Peek().RetryAfter;
        List<int> order = [];
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(i => Note(limiter.AcquireAsync(), i, order))];
        Assert.Equal(3, limiter.GetStatistics()!.CurrentQueuedCount);
        Assert.Null(limiter.IdleDuration);
        Assert.Equal(1, _time.ArmedTimers);

        _time.Advance(retryAfter - TimeSpan.FromTicks(1));
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        _time.Advance(TimeSpan.FromTicks(1));
        await waiting[0].WaitAsync(TimeSpan.FromSeconds(30));
        _time.Advance(Quota.Period * 2);
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([0, 1, 2], order);
        Assert.Equal(0, limiter.GetStatistics()!.CurrentQueuedCount);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Nobody_overtakes_those_who_wait(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 10);
        ValueTask<RateLimitLease> waiting = limiter.AcquireAsync(5);
        limiter.Refund(1);
        if (waiting.IsCompleted)
        {
            return; // a shaper needs no more than a free slot, whatever the cost
        }

        Assert.False(limiter.TryAcquire(1, out RateLimitDecision decision)); // one is there, but not for us
        Assert.True(decision.RetryAfter > TimeSpan.Zero);
        Assert.False(limiter.Peek().IsAcquired);
        _time.Advance(Quota.Period * 2);
        Assert.True((await waiting).IsAcquired);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task The_queue_limit_is_in_permits_and_refuses_with_a_time(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 3);
        ValueTask<RateLimitLease> first = limiter.AcquireAsync(2);
        RateLimitLease refused = await limiter.AcquireAsync(2);
        Assert.False(refused.IsAcquired);
        Assert.True(refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan retryAfter) && retryAfter > TimeSpan.Zero);
        ValueTask<RateLimitLease> second = limiter.AcquireAsync(1);
        Assert.False((await limiter.AcquireAsync(1)).IsAcquired);
        Assert.False((await limiter.AcquireAsync(4)).IsAcquired); // more than the queue ever holds
        _time.Advance(Quota.Period * 2);
        Assert.True((await first).IsAcquired && (await second).IsAcquired);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Newest_first_serves_the_last_and_refuses_the_oldest_for_its_place(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 2, QueueProcessingOrder.NewestFirst);
        Task<RateLimitLease> oldest = limiter.AcquireAsync(1).AsTask();
        Task<RateLimitLease> middle = limiter.AcquireAsync(1).AsTask();
        Task<RateLimitLease> newest = limiter.AcquireAsync(1).AsTask();
        Assert.False((await oldest).IsAcquired);
        _time.Advance(limiter.Peek().RetryAfter);
        Assert.True((await newest).IsAcquired);
        if (kind is "token bucket" or "leaky bucket")
        {
            Assert.False(middle.IsCompleted);
        }

        _time.Advance(Quota.Period * 2);
        Assert.True((await middle).IsAcquired);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task A_cancelled_caller_leaves_at_once_and_takes_nothing(string kind)
    {
        // dotnet/runtime #64078: a cancelled entry still counted against the queue's limit.
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 1);
        using var cancellation = new CancellationTokenSource();
        Task<RateLimitLease> cancelled = limiter.AcquireAsync(1, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.Equal(0, limiter.GetStatistics()!.CurrentQueuedCount);

        Task<RateLimitLease> next = limiter.AcquireAsync(1).AsTask();
        Assert.False(next.IsCompleted);
        _time.Advance(limiter.Peek().RetryAfter);
        Assert.True((await next).IsAcquired);

        Assert.True(limiter.AcquireAsync(1, new CancellationToken(canceled: true)).AsTask().IsCanceled);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesWithBurst), MemberType = typeof(LimiterKind))]
    public async Task Cancelling_the_first_lets_a_smaller_one_behind_it_through(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 20);
        using var cancellation = new CancellationTokenSource();
        Task<RateLimitLease> large = limiter.AcquireAsync(10, cancellation.Token).AsTask();
        Task<RateLimitLease> small = limiter.AcquireAsync(1).AsTask();
        limiter.Refund(1);
        Assert.False(small.IsCompleted);
        await cancellation.CancelAsync();
        Assert.True((await small).IsAcquired);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Disposal_refuses_everyone_who_waits(string kind)
    {
        QuotaLimiter limiter = Exhausted(kind, queueLimit: 10);
        using var cancellation = new CancellationTokenSource();
        Task<RateLimitLease>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => limiter.AcquireAsync(1, cancellation.Token).AsTask())];
        await limiter.DisposeAsync();
        foreach (RateLimitLease lease in await Task.WhenAll(waiting))
        {
            Assert.False(lease.IsAcquired);
            Assert.Empty(lease.MetadataNames);
        }

        await cancellation.CancelAsync(); // finds nobody
        Assert.Equal(0, _time.ArmedTimers);
        _time.Advance(Quota.Period * 2);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Reset_serves_those_who_wait(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 10);
        Task<RateLimitLease> waiting = limiter.AcquireAsync(1).AsTask();
        limiter.Reset();
        Assert.True((await waiting).IsAcquired);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Waiting_for_zero_permits_waits_until_there_is_one_and_takes_none(string kind)
    {
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 10);
        Task<RateLimitLease> probe = limiter.AcquireAsync(0).AsTask();
        Assert.False(probe.IsCompleted);
        _time.Advance(limiter.Peek().RetryAfter);
        Assert.True((await probe).IsAcquired);
        Assert.True(limiter.TryAcquire());
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public void An_immediate_grant_to_AcquireAsync_allocates_nothing(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, RateQuota.PerSecond(kind == "sliding log" ? 1_000_000 : 1_000_000_000), TimeProvider.System, queueLimit: 1);
        Allocation.AssertNone(() =>
        {
            ValueTask<RateLimitLease> task = limiter.AcquireAsync();
            if (!task.IsCompletedSuccessfully)
            {
                task.AsTask().GetAwaiter().GetResult();
            }
        });
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Cancellation_registrations_do_not_outlive_the_wait(string kind)
    {
        // dotnet/runtime #76783: registrations leaked. A waiter that is still registered is kept alive by the token.
        using QuotaLimiter limiter = Exhausted(kind, queueLimit: 10);
        using var cancellation = new CancellationTokenSource();
        WeakReference waiter = WaitAndRelease(limiter, cancellation.Token);
        _time.Advance(Quota.Period * 2);
        for (int i = 0; i < 1_000 && waiter.IsAlive; i++)
        {
            await Task.Delay(1); // the thread that held it last may not have let go
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(waiter.IsAlive);
        GC.KeepAlive(cancellation);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Grants_cancellations_and_disposal_race_and_everyone_gets_one_answer(string kind)
    {
        // dotnet/runtime #85523, #90285 (deadlock of cancellation and grant), #77180 (answered twice or never).
        for (int round = 0; round < 60; round++)
        {
            var time = new ManualTimeProvider();
            QuotaLimiter limiter = ExhaustedAt(time, kind, queueLimit: 100);
            var cancellations = new CancellationTokenSource[30];
            var tasks = new Task<RateLimitLease>[30];
            for (int i = 0; i < tasks.Length; i++)
            {
                cancellations[i] = new CancellationTokenSource();
                tasks[i] = limiter.AcquireAsync(1 + (i % 2), cancellations[i].Token).AsTask();
            }

            bool dispose = round % 2 == 0;
            Race.Run(
                () => Array.ForEach(cancellations, source => source.Cancel()),
                () =>
                {
                    for (int i = 0; i < 20; i++)
                    {
                        time.Advance(TimeSpan.FromSeconds(1));
                    }
                },
                () =>
                {
                    try
                    {
                        limiter.Refund(3);
                    }
                    catch (ObjectDisposedException) when (dispose)
                    {
                        // came too late
                    }
                },
                () =>
                {
                    if (dispose)
                    {
                        limiter.Dispose();
                    }
                });

            int granted = 0;
            foreach (Task<RateLimitLease> task in tasks)
            {
                Assert.True(((IAsyncResult)task).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(30)), "A caller was never answered.");
                granted += task.IsCompletedSuccessfully && (await task).IsAcquired ? 1 : 0;
            }

            Assert.Equal(0, limiter.GetStatistics()!.CurrentQueuedCount);
            Assert.Equal(granted, limiter.GetStatistics()!.TotalSuccessfulLeases - BeforeWaiting(kind));
            limiter.Dispose();
        }
    }

    private static long BeforeWaiting(string kind)
    {
        using QuotaLimiter limiter = ExhaustedAt(new ManualTimeProvider(), kind, queueLimit: 0);
        return limiter.GetStatistics()!.TotalSuccessfulLeases;
    }

    private static async Task Note(ValueTask<RateLimitLease> lease, int number, List<int> order)
    {
        Assert.True((await lease).IsAcquired);
        lock (order)
        {
            order.Add(number);
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference WaitAndRelease(QuotaLimiter limiter, CancellationToken token) =>
        new(limiter.AcquireAsync(1, token).AsTask());

    private QuotaLimiter Exhausted(string kind, int queueLimit, QueueProcessingOrder order = QueueProcessingOrder.OldestFirst) =>
        ExhaustedAt(_time, kind, queueLimit, order);

    private static QuotaLimiter ExhaustedAt(
        ManualTimeProvider time, string kind, int queueLimit, QueueProcessingOrder order = QueueProcessingOrder.OldestFirst)
    {
        QuotaLimiter limiter = LimiterKind.Make(kind, Quota, time, queueLimit, order);
        while (limiter.TryAcquire())
        {
        }

        return limiter;
    }
}
