using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeHighWaterMarkTests
{
    [Fact]
    public void Without_a_stored_mark_ids_start_at_the_clock_and_the_mark_ahead_of_it()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1_000, mark: mark);
        Assert.Equal(0, mark.Writes); // creating one is not a use

        Assert.Equal((0, 0), ids.Place(ids.Next(), time));
        Assert.Equal(time.GetUtcNow().AddMilliseconds(500), mark.Read());
        Assert.Equal(1, mark.Writes);
    }

    [Fact]
    public void Constant_use_writes_the_mark_about_twice_per_MaxAhead()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1_000, mark: mark);
        for (int i = 0; i < 10_000; i++)
        {
            ids.Next();
            time.Advance(Millisecond);
        }

        Assert.InRange(mark.Writes, 20, 24);
    }

    [Theory]
    [InlineData(SequenceOverflow.Borrow)]
    [InlineData(SequenceOverflow.Wait)]
    public void Ids_at_the_end_of_MaxAhead_do_not_write_the_mark_for_every_tick(SequenceOverflow overflow)
    {
        // Borrowing gets there by itself; waiting gets as far as a clock that went back puts it.
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        SnowflakeGenerator ids = Generator(time, overflow, maxAheadMs: 1_000, mark: mark);
        ids.Next();
        time.AdvanceUtc(-990 * Millisecond);
        for (int i = 0; i < 4_000; i++)
        {
            ids.Drain();
            time.Advance(Millisecond);
        }

        Assert.InRange(mark.Writes, 1, 4 * 17);
    }

    [Fact]
    public void No_id_is_handed_out_that_the_mark_does_not_cover() =>
        PropertyTest.CheckSequence(Gen.Choose(-60, 60), moves =>
        {
            foreach (SequenceOverflow overflow in Enum.GetValues<SequenceOverflow>())
            {
                foreach (int maxAheadMs in (int[])[1, 2, 5, 40])
                {
                    var time = new ManualTimeProvider();
                    var mark = new RecordedMark();
                    SnowflakeGenerator ids = Generator(time, overflow, maxAheadMs: maxAheadMs, mark: mark);
                    foreach (int move in moves)
                    {
                        time.AdvanceUtc(move * Millisecond / 4);
                        for (int i = 0; i < 3 && ids.TryNext(out long id); i++)
                        {
                            Assert.InRange(Small.Decode(id).Timestamp, Small.Epoch, mark.Read()!.Value);
                        }
                    }
                }
            }
        });

    [Fact]
    public void The_mark_is_never_raised_further_than_nine_eighths_of_MaxAhead_above_the_clock()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        SnowflakeGenerator ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 8, mark: mark);
        for (int round = 0; round < 100; round++)
        {
            ids.Drain();
            Assert.InRange(mark.Read()!.Value, time.GetUtcNow(), time.GetUtcNow().AddMilliseconds(9));
            time.Advance(Millisecond);
        }
    }

    [Fact]
    public void Ids_go_on_increasing_over_any_number_of_crashes_and_clock_steps() =>
        PropertyTest.CheckSequence(Gen.Choose(-40, 40), steps =>
        {
            var time = new ManualTimeProvider();
            var mark = new RecordedMark();
            var taken = new List<long> { -1 };
            SnowflakeGenerator ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 10, mark: mark);
            foreach (int step in steps)
            {
                time.AdvanceUtc(step * Millisecond);
                if ((step & 3) == 0)
                {
                    ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 10, mark: mark); // the old one is just gone
                }

                for (int i = 0; i < 5 && ids.TryNext(out long id); i++)
                {
                    Assert.True(id > taken[^1]);
                    taken.Add(id);
                }
            }
        });

    [Fact]
    public void After_a_restart_ids_flow_at_once_above_the_mark_at_the_clocks_pace()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        long last = Generator(time, maxAheadMs: 100, mark: mark).Next();

        SnowflakeGenerator restarted = Generator(time, maxAheadMs: 100, mark: mark);
        for (int i = 0; i < 200; i++)
        {
            List<long> taken = restarted.Drain();
            Assert.Equal([(51, 0), (51, 1), (51, 2), (51, 3)], taken.Select(id => restarted.Place(id, time)));
            Assert.True(taken[0] > last);
            last = taken[^1];
            time.Advance(Millisecond);
        }

        Assert.Equal(0, restarted.Statistics.ClockRollbacks); // it was the mark, not the clock
        time.Advance(100 * Millisecond);
        Assert.Equal((0, 0), restarted.Place(restarted.Next(), time));
    }

    [Fact]
    public void With_Throw_a_restart_waits_for_the_clock_to_pass_the_mark()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        Generator(time, maxAheadMs: 100, mark: mark).Next();

        SnowflakeGenerator restarted = Generator(time, rollback: ClockRollback.Throw, maxAheadMs: 100, mark: mark);
        Assert.Equal(SnowflakeFailure.ClockRolledBack, FailureOf(() => restarted.Next()));
        time.Advance(50 * Millisecond);
        Assert.Equal(SnowflakeFailure.ClockRolledBack, FailureOf(() => restarted.Next()));
        time.Advance(Millisecond);
        Assert.Equal((0, 0), restarted.Place(restarted.Next(), time));
    }

    [Fact]
    public void A_restart_with_the_clock_far_behind_the_mark_is_refused_until_it_has_caught_up()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        long last = Generator(time, maxAheadMs: 100, mark: mark).Next();
        time.AdvanceUtc(TimeSpan.FromHours(-1));

        SnowflakeGenerator restarted = Generator(time, maxAheadMs: 100, mark: mark);
        SnowflakeException refusal = Assert.Throws<SnowflakeException>(() => restarted.Next());
        Assert.Equal(SnowflakeFailure.ClockRolledBack, refusal.Failure);
        Assert.Contains("high-water mark", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, mark.Writes);
        time.AdvanceUtc(TimeSpan.FromHours(1));
        Assert.True(restarted.Next() > last);
    }

    [Fact]
    public void A_write_that_fails_costs_its_caller_the_id_and_the_next_one_tries_again()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 100, mark: mark);
        long last = ids.Next();

        mark.OnRaise = () => throw new IOException("disk full");
        time.Advance(45 * Millisecond); // due, but still covered
        Assert.Throws<IOException>(() => ids.Next());
        time.Advance(30 * Millisecond); // beyond the mark
        Assert.Throws<IOException>(() => ids.Next());
        Assert.Throws<IOException>(() => ids.TryNext(out _));

        mark.OnRaise = null;
        long next = ids.Next();
        Assert.True(next > last);
        Assert.Equal((0, 0), ids.Place(next, time));
        Assert.True(mark.Read() > time.GetUtcNow());
    }

    [Fact]
    public void While_one_caller_writes_the_others_go_on_up_to_the_mark_and_not_beyond()
    {
        var time = new ManualTimeProvider();
        var mark = new RecordedMark();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 100, mark: mark);
        ids.Next();
        DateTimeOffset covered = mark.Read()!.Value;
        using var gate = new ManualResetEventSlim();
        using var writing = new CountdownEvent(1);
        mark.OnRaise = () =>
        {
            writing.Signal();
            gate.Wait();
        };

        time.Advance(45 * Millisecond);
        var writer = new Thread(() => ids.Next());
        writer.Start();
        writing.Wait(); // the write is due and under way
        while (time.GetUtcNow() < covered)
        {
            ids.Next();
            time.Advance(Millisecond);
        }

        ids.Next(); // of the mark's own tick
        time.Advance(Millisecond);
        writing.Reset(1);
        long beyond = 0;
        var blocked = new Thread(() => beyond = ids.Next());
        blocked.Start();
        writing.Wait(); // it had to write, too
        Assert.True(blocked.IsAlive);
        Assert.Equal(covered, mark.Read());
        gate.Set();
        writer.Join();
        blocked.Join();

        Assert.InRange(Small.Decode(beyond).Timestamp, covered + Millisecond, mark.Read()!.Value);
    }

    [Fact]
    public void Racing_threads_and_restarts_repeat_no_id_whatever_the_clock_does()
    {
        var mark = new RecordedMark();
        var seen = new HashSet<long>();
        for (int life = 0; life < 20; life++)
        {
            // Two lives of three start with the clock 50 s behind the one before.
            var start = TimeSpan.FromSeconds(1_000 + (100 * life) - (150 * (life % 3)));
            var clock = new ScriptedClock(Small.Epoch, reading => start.Ticks + (reading * 2_000));
            var ids = new SnowflakeGenerator(
                new SnowflakeOptions
                {
                    WorkerId = 3,
                    Layout = Small,
                    Overflow = SequenceOverflow.Borrow,
                    MaxAhead = TimeSpan.FromMinutes(10),
                },
                mark,
                clock);
            var taken = new long[4][];
            Race.Run(4, thread =>
            {
                long[] mine = taken[thread.Index] = new long[2_000];
                for (int i = 0; i < mine.Length; i++)
                {
                    mine[i] = ids.Next();
                    Assert.True(i == 0 || mine[i] > mine[i - 1]);
                    Assert.True(Small.Decode(mine[i]).Timestamp <= mark.Read());
                }
            });
            Assert.All(taken.SelectMany(mine => mine), id => Assert.True(seen.Add(id), $"{id} twice"));
        }
    }

    [Fact]
    public void A_mark_before_the_epoch_covers_nothing_and_one_at_the_end_leaves_nothing()
    {
        var time = new ManualTimeProvider();
        var early = new RecordedMark();
        early.Raise(Small.Epoch.AddTicks(-1));
        SnowflakeGenerator ids = Generator(time, mark: early);
        Assert.Equal((0, 0), ids.Place(ids.Next(), time));

        var late = new RecordedMark();
        late.Raise(DateTimeOffset.MaxValue);
        Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => Generator(time, mark: late).Next()));
    }

    [Fact]
    public void A_mark_that_cannot_be_read_stops_the_generator_from_starting()
    {
        Assert.Throws<FormatException>(() => Generator(new ManualTimeProvider(), mark: new UnreadableMark()));
    }

    [Fact]
    public void A_mark_needs_a_MaxAhead_of_a_tick()
    {
        Assert.Throws<ArgumentException>("options", () => Generator(new ManualTimeProvider(), maxAheadMs: 0, mark: new RecordedMark()));
    }

    [Fact]
    public void Ids_between_two_writes_allocate_nothing()
    {
        var ids = new SnowflakeGenerator(new SnowflakeOptions { WorkerId = 0, Layout = new(41, 0, 22, Small.Epoch) }, new RecordedMark());
        Allocation.AssertNone(() => ids.Next());
    }

    private sealed class UnreadableMark : IHighWaterMark
    {
        public DateTimeOffset? Read() => throw new FormatException("damaged");

        public void Raise(DateTimeOffset mark) => throw new InvalidOperationException("not reached");
    }
}
