using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

/// <summary>What goes wrong in other generators, each reported there as a bug, and what happens here instead.</summary>
public class SnowflakeDefectTests
{
    [Theory]
    [InlineData(10, 1024)]
    [InlineData(10, 1040)]
    [InlineData(0, 1)]
    public void A_worker_id_too_big_for_its_bits_is_not_mixed_into_the_timestamp(int workerBits, int workerId)
    {
        // Elsewhere it is masked, and equals another worker, or is ORed in, and equals another worker's later tick.
        var layout = new SnowflakeLayout(41, workerBits, 12, Small.Epoch);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SnowflakeGenerator(workerId, layout));
        Assert.Throws<ArgumentException>(() => new SnowflakeGenerator(new SnowflakeOptions { WorkerId = workerId, Layout = layout }));
    }

    [Fact]
    public void No_worker_id_is_assumed()
    {
        // Elsewhere it is 0 for everybody who does not set it.
        Assert.Throws<ArgumentException>(() => new SnowflakeGenerator(new SnowflakeOptions()));
    }

    [Fact]
    public void A_rollback_does_not_reset_the_sequence()
    {
        // Elsewhere a step back counts as a new tick, the sequence starts at zero, and the ids of that tick come again.
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, SequenceOverflow.Throw);
        var taken = new List<long>();
        for (int i = 0; i < 5; i++)
        {
            taken.Add(ids.Next());
            time.Advance(Millisecond);
        }

        time.AdvanceUtc(-5 * Millisecond);
        for (int i = 0; i < 5; i++)
        {
            taken.Add(ids.Next());
            time.Advance(Millisecond);
        }

        Assert.Equal(taken.Order().Distinct(), taken);
    }

    [Fact]
    public void A_restart_after_a_rollback_repeats_ids_without_a_mark_and_none_with_one()
    {
        // Elsewhere "max(now, last)" makes one process safe, and the next one starts from nothing.
        Assert.True(Restarted(null) <= 0);
        Assert.True(Restarted(new RecordedMark()) > 0);

        static long Restarted(IHighWaterMark? mark)
        {
            var time = new ManualTimeProvider();
            long last = Generator(time, mark: mark).Next();
            return Generator(time, mark: mark).Next() - last;
        }
    }

    [Fact]
    public void Running_out_of_sequence_numbers_is_no_error_by_default()
    {
        // Elsewhere a busy millisecond throws unless one knows to configure it.
        var clock = new ScriptedClock(Small.Epoch, reading => reading * 1_000);
        var ids = new SnowflakeGenerator(3, Small, clock);
        for (int i = 0; i < 1_000; i++)
        {
            ids.Next();
        }

        Assert.True(ids.Statistics.Overflows > 0); // and it is counted, so that it can be watched
    }

    [Fact]
    public void Waiting_leaves_no_sequence_number_unused()
    {
        // Elsewhere the wait sleeps for milliseconds, and a twelfth of what the format can hold is reached.
        var clock = new ScriptedClock(Small.Epoch, reading => reading * 500); // 20 readings a tick of 4 ids
        var ids = new SnowflakeGenerator(3, Small, clock);
        long first = ids.Next();
        for (int i = 1; i < 1_000; i++)
        {
            long id = ids.Next();
            SnowflakeParts parts = Small.Decode(id);
            Assert.Equal(i, ((parts.Timestamp - Small.Decode(first).Timestamp).TotalMilliseconds * 4) + parts.Sequence);
        }
    }

    [Fact]
    public async Task A_caller_that_waits_holds_nobody_else_up()
    {
        // Elsewhere it spins inside the lock that all others need.
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 60_000);
        ids.Drain();
        var waiter = new Thread(() => ids.Next());
        waiter.Start();
        SpinUntil(() => ids.Statistics.TicksAhead == 1);

        Assert.False(ids.TryNext(out _));
        Task<long> other = ids.NextAsync().AsTask();
        Assert.Equal(2, ids.Statistics.Waits);
        time.Advance(Millisecond);
        waiter.Join();
        Assert.Equal((0, 1), ids.Place(await other, time));
    }

    [Fact]
    public void A_clock_that_stands_still_is_no_endless_loop()
    {
        // Elsewhere a test with a fixed clock hangs with the 4,097th id.
        var ids = new SnowflakeGenerator(
            new SnowflakeOptions { WorkerId = 3, Layout = Small, MaxAhead = TimeSpan.Zero }, timeProvider: new ScriptedClock(Small.Epoch, _ => 0));
        ids.Drain();

        Assert.Equal(SnowflakeFailure.ClockStalled, FailureOf(() => ids.Next()));
    }

    [Fact]
    public void Borrowing_does_not_run_away_from_the_clock()
    {
        // Elsewhere the overflow is carried into the timestamp without a limit.
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 3);
        long last = ids.Drain()[^1];

        Assert.Equal((3, 3), ids.Place(last, time));
        Assert.Equal(SnowflakeFailure.TooFarAhead, FailureOf(() => ids.Next()));
    }

    [Fact]
    public void The_end_of_the_timestamp_does_not_wrap_to_ids_of_the_beginning()
    {
        // Elsewhere the shift drops the bits that do not fit.
        var layout = new SnowflakeLayout(8, 5, 2, Small.Epoch);
        var time = new ManualTimeProvider(layout.Exhausted);
        Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => Generator(time, layout: layout).Next()));
        time.Advance(256 * Millisecond);
        Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => Generator(time, layout: layout).Next()));
    }

    [Fact]
    public void Ids_made_now_and_then_need_not_all_be_even()
    {
        // Elsewhere the first id of every tick has sequence zero, and "id % shards" knows one shard.
        var time = new ManualTimeProvider();
        var ids = new SnowflakeGenerator(new SnowflakeOptions { WorkerId = 3, RandomSequenceStart = true }, timeProvider: time);
        long[] byShard = new long[16];
        for (int i = 0; i < 16_000; i++)
        {
            byShard[ids.Next() % 16]++;
            time.Advance(Millisecond);
        }

        Assert.True(ChiSquare.Statistic(byShard) < ChiSquare.Quantile(15, 3.09)); // one seed in 1,000 fails by chance
    }

    [Fact]
    public void An_id_for_JavaScript_survives_its_number_type()
    {
        // Elsewhere the last digits of a 63-bit id change on the way through JSON.parse.
        var ids = new SnowflakeGenerator(31, SnowflakeLayout.JavaScriptSafe);
        long id = ids.Next();

        Assert.Equal(id, (long)(double)id);
        Assert.InRange(id, 0, (1L << 53) - 1);
    }
}
