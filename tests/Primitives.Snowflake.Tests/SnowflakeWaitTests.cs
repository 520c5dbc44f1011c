using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeWaitTests
{
    private static readonly SnowflakeLayout OneASecond = new(32, 5, 0, Small.Epoch, TimeSpan.FromSeconds(1));

    [Fact]
    public void Next_waits_for_the_tick_of_the_id_it_reserved()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time);
        long last = ids.Drain()[^1];
        long taken = 0;
        var waiter = new Thread(() => taken = ids.Next());
        waiter.Start();
        SpinUntil(() => ids.Statistics.Waits == 1);
        SpinUntil(() => ids.Statistics.TicksAhead == 1);

        Assert.False(ids.TryNext(out _)); // the waiter holds no lock, and nobody gets in before it
        Assert.True(waiter.IsAlive);
        time.Advance(Millisecond);
        waiter.Join();

        Assert.True(taken > last);
        Assert.Equal((0, 0), ids.Place(taken, time));
        Assert.Equal((0, 1), ids.Place(ids.Next(), time)); // the reserved id was not wasted
    }

    [Fact]
    public void A_long_tick_is_slept_through_by_the_time_providers_timer()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, layout: OneASecond, maxAheadMs: 600_000);
        ids.Next();
        var waiter = new Thread(() => ids.Next());
        waiter.Start();

        SpinUntil(() => time.ArmedTimers == 1);
        time.Advance(TimeSpan.FromSeconds(1));
        waiter.Join();
        SpinUntil(() => time.ArmedTimers == 0);
    }

    [Fact]
    public void A_waiter_beyond_MaxAhead_reserves_nothing_until_there_is_room()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 0);
        long last = ids.Drain()[^1];
        long taken = 0;
        var waiter = new Thread(() => taken = ids.Next());
        waiter.Start();
        SpinUntil(() => ids.Statistics.Waits == 1);

        Assert.Equal(0, ids.Statistics.TicksAhead);
        time.Advance(Millisecond);
        waiter.Join();
        Assert.True(taken > last);
    }

    [Fact]
    public void A_clock_that_stands_still_ends_the_wait_with_a_reason()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1);
        ids.Drain();

        Assert.Equal(SnowflakeFailure.ClockStalled, FailureOf(() => ids.Next()));
    }

    [Fact]
    public async Task A_wall_clock_that_stands_still_ends_the_asynchronous_wait_with_a_reason()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1_000);
        ids.Drain();

        Task<long> waiting = ids.NextAsync().AsTask();
        TimeSpan stalled = TimeSpan.Zero;
        while (!waiting.IsCompleted)
        {
            time.AdvanceTimestamp(Millisecond);
            stalled += Millisecond;
            await Task.Yield();
        }

        SnowflakeException exception = await Assert.ThrowsAsync<SnowflakeException>(() => waiting);
        Assert.Equal(SnowflakeFailure.ClockStalled, exception.Failure);
        Assert.True(stalled >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_small_rollback_does_not_make_the_wait_longer()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 10);
        ids.Drain();
        long taken = 0;
        var waiter = new Thread(() => taken = ids.Next());
        waiter.Start();
        SpinUntil(() => ids.Statistics.TicksAhead == 1);

        time.AdvanceUtc(-5 * Millisecond);
        SpinUntil(() => ids.Statistics.ClockRollbacks == 1);
        time.Advance(Millisecond);
        waiter.Join();

        Assert.Equal((5, 0), ids.Place(taken, time));
        Assert.Equal((5, 1), ids.Place(ids.Next(), time));
    }

    [Fact]
    public async Task A_rollback_by_seconds_does_not_put_waiting_callers_to_sleep_for_seconds()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 10_000);
        ids.Drain();
        time.AdvanceUtc(TimeSpan.FromSeconds(-5));

        Task<long>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => ids.NextAsync().AsTask())];
        time.Advance(2 * Millisecond);

        long[] taken = await Task.WhenAll(waiting);
        Assert.Equal((5_000, 3), ids.Place(taken[^1], time));
    }

    [Theory]
    [InlineData(ClockRollback.Hold, 11)]
    [InlineData(ClockRollback.Throw, 1)]
    public void A_rollback_during_the_wait_that_the_policy_forbids_ends_it(ClockRollback rollback, int backMs)
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, rollback: rollback, maxAheadMs: 10);
        ids.Drain();
        SnowflakeFailure failure = SnowflakeFailure.None;
        var waiter = new Thread(() => failure = FailureOf(() => ids.Next()));
        waiter.Start();
        SpinUntil(() => ids.Statistics.TicksAhead == 1);

        time.AdvanceUtc(-backMs * Millisecond);
        waiter.Join();

        Assert.Equal(SnowflakeFailure.ClockRolledBack, failure);
    }

    [Fact]
    public async Task NextAsync_waits_without_a_thread_by_the_time_providers_timer()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time);
        ids.Drain();

        ValueTask<long> waiting = ids.NextAsync();

        Assert.False(waiting.IsCompleted);
        Assert.Equal(1, time.ArmedTimers);
        time.Advance(Millisecond);
        Assert.Equal((0, 0), ids.Place(await waiting, time));
        Assert.Equal(1, ids.Statistics.Waits);
    }

    [Fact]
    public async Task Waiting_callers_get_ids_in_the_order_of_their_calls()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 100);
        ids.Drain();

        Task<long>[] waiting = [.. Enumerable.Range(0, 50).Select(_ => ids.NextAsync().AsTask())];
        Assert.Equal(13, ids.Statistics.TicksAhead);
        time.Advance(13 * Millisecond);
        long[] taken = await Task.WhenAll(waiting);

        Assert.Equal(taken.Order().Distinct(), taken);
    }

    [Fact]
    public async Task A_cancelled_call_takes_nothing_and_a_cancelled_wait_loses_only_its_own_id()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time);
        using var cancellation = new CancellationTokenSource();
        long last = ids.Drain()[^1];

        Task<long> cancelled = ids.NextAsync(cancellation.Token).AsTask();
        Task<long> kept = ids.NextAsync().AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ids.NextAsync(cancellation.Token).AsTask());
        time.Advance(Millisecond);

        Assert.Equal((0, 1), ids.Place(await kept, time));
        Assert.Equal((0, 2), ids.Place(await ids.NextAsync(), time));
        Assert.True(await kept > last);
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task A_storm_of_cancellations_leaves_ids_distinct_and_no_timer_behind()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 100_000);
        var random = new Random(7);
        var sources = new List<CancellationTokenSource>();
        var calls = new List<Task<long>>();
        for (int round = 0; round < 200; round++)
        {
            for (int i = 0; i < 10; i++)
            {
                var source = new CancellationTokenSource();
                sources.Add(source);
                calls.Add(ids.NextAsync(source.Token).AsTask());
            }

            // Cancelled on another thread while the clock moves on this one.
            CancellationTokenSource[] victims = [.. Enumerable.Range(0, 5).Select(_ => sources[random.Next(sources.Count)])];
            Task cancelling = Task.Run(() => Array.ForEach(victims, victim => victim.Cancel()));
            time.Advance(Millisecond);
            await cancelling;
        }

        time.Advance(TimeSpan.FromSeconds(2));
        long[] taken = [.. (await Task.WhenAll(calls.Select(async call =>
        {
            try
            {
                return await call;
            }
            catch (OperationCanceledException)
            {
                return -1;
            }
        }))).Where(id => id >= 0)];

        Assert.InRange(taken.Length, 1_000, 2_000 - 1);
        Assert.Equal(taken.Length, taken.Distinct().Count());
        Assert.Equal(0, time.ArmedTimers);
        Assert.True(ids.Next() > taken.Max());
    }
}
