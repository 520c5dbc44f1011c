using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeGeneratorTests
{
    [Fact]
    public void Ids_hold_the_clocks_tick_the_worker_and_a_sequence_from_zero()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time);

        Assert.Equal(Small.Encode(time.GetUtcNow(), 3, 0), ids.Next());
        Assert.Equal(Small.Encode(time.GetUtcNow(), 3, 1), ids.Next());
        time.Advance(Millisecond);
        Assert.Equal(Small.Encode(time.GetUtcNow(), 3, 0), ids.Next());
    }

    [Fact]
    public void Sonyflake_ids_come_out_in_its_own_field_order()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, layout: SnowflakeLayout.Sonyflake);

        long[] taken = [ids.Next(), ids.Next(), ids.Next()];
        long tick = (time.GetUtcNow() - SnowflakeLayout.Sonyflake.Epoch).Ticks / TimeSpan.TicksPerMillisecond / 10;
        Assert.Equal([(tick << 24) | 3, (tick << 24) | (1 << 16) | 3, (tick << 24) | (2 << 16) | 3], taken);
    }

    [Fact]
    public void Defaults_are_the_Twitter_layout_and_the_system_clock()
    {
        var ids = new SnowflakeGenerator(workerId: 1023);
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        SnowflakeParts parts = ids.Layout.Decode(ids.Next());
        DateTimeOffset after = TimeProvider.System.GetUtcNow();

        Assert.Same(SnowflakeLayout.Twitter, ids.Layout);
        Assert.Equal(1023, parts.WorkerId);
        Assert.InRange(parts.Timestamp, before - Millisecond, after);
    }

    [Fact]
    public void Options_are_copied()
    {
        var time = new ManualTimeProvider();
        var options = new SnowflakeOptions { WorkerId = 3, Layout = Small };
        var ids = new SnowflakeGenerator(options, timeProvider: time);
        options.WorkerId = 4;

        Assert.Equal(3, Small.Decode(ids.Next()).WorkerId);
    }

    [Fact]
    public void A_layout_without_worker_bits_has_one_worker_and_one_without_sequence_bits_one_id_a_tick()
    {
        var time = new ManualTimeProvider();
        var ids = new SnowflakeGenerator(0, new SnowflakeLayout(41, 0, 0, Small.Epoch), time);

        Assert.Single(ids.Drain());
        time.Advance(Millisecond);
        Assert.Single(ids.Drain());
    }

    [Theory]
    [InlineData(SequenceOverflow.Wait)]
    [InlineData(SequenceOverflow.Throw)]
    [InlineData(SequenceOverflow.Borrow)]
    public void TryNext_hands_out_what_the_policy_allows_and_then_takes_nothing(SequenceOverflow overflow)
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, overflow, maxAheadMs: 2);

        List<long> taken = ids.Drain();

        Assert.Equal(overflow == SequenceOverflow.Borrow ? 12 : 4, taken.Count);
        Assert.Equal(taken.Order().Distinct(), taken);
        Assert.False(ids.TryNext(out long none));
        Assert.Equal(0, none);
        time.Advance(Millisecond);
        Assert.Equal(4, ids.Drain().Count); // had a refusal taken an id, one would be missing
    }

    [Fact]
    public void Throw_refuses_the_id_after_the_last_of_a_tick_and_takes_nothing()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, SequenceOverflow.Throw);
        ids.Drain();

        Assert.Equal(SnowflakeFailure.SequenceExhausted, FailureOf(() => ids.Next()));
        Assert.Equal(SnowflakeFailure.SequenceExhausted, FailureOf(() => ids.Next(new long[1])));
        time.Advance(Millisecond);
        Assert.Equal((0, 0), ids.Place(ids.Next(), time));
    }

    [Fact]
    public void Borrow_runs_ahead_by_MaxAhead_and_no_further()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 5);

        for (int i = 0; i < 4 * (5 + 1); i++)
        {
            Assert.Equal((i / 4, i % 4), ids.Place(ids.Next(), time));
        }

        Assert.Equal(SnowflakeFailure.TooFarAhead, FailureOf(() => ids.Next()));
        Assert.Equal(5, ids.Statistics.TicksAhead);
        time.Advance(Millisecond);
        Assert.Equal((5, 0), ids.Place(ids.Next(), time));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0), ids.Place(ids.Next(), time));
        Assert.Equal(0, ids.Statistics.TicksAhead);
    }

    [Theory]
    [InlineData(SequenceOverflow.Wait)]
    [InlineData(SequenceOverflow.Throw)]
    public void Hold_goes_on_at_the_clocks_pace_as_if_it_had_not_gone_back(SequenceOverflow overflow)
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, overflow, maxAheadMs: 10);
        ids.Next();
        time.AdvanceUtc(-7 * Millisecond);

        Assert.Equal([(7, 1), (7, 2), (7, 3)], ids.Drain().Select(id => ids.Place(id, time)));
        for (int i = 0; i < 20; i++)
        {
            time.Advance(Millisecond);
            Assert.Equal([(7, 0), (7, 1), (7, 2), (7, 3)], ids.Drain().Select(id => ids.Place(id, time)));
        }
    }

    [Fact]
    public void Hold_lets_the_clock_catch_up_as_soon_as_ids_are_asked_for_less_often_than_it_ticks()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 10);
        ids.Drain();
        time.AdvanceUtc(-7 * Millisecond);
        Assert.Empty(ids.Drain());

        foreach (int ahead in (int[])[6, 5, 4, 3, 2])
        {
            time.Advance(2 * Millisecond);
            Assert.Equal(4, ids.Drain().Count);
            Assert.Equal(ahead, ids.Statistics.TicksAhead);
        }

        time.Advance(2 * Millisecond);
        Assert.Empty(ids.Drain()); // caught up with the last id, whose tick is used up
        time.Advance(Millisecond);
        Assert.Equal((0, 0), ids.Place(ids.Next(), time));
    }

    [Fact]
    public void A_step_back_that_is_half_taken_back_leaves_ids_only_as_far_ahead_as_they_are()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1_000);
        ids.Drain();
        time.AdvanceUtc(-800 * Millisecond);
        Assert.False(ids.TryNext(out _));
        time.AdvanceUtc(799 * Millisecond);

        Assert.Equal(4, ids.Drain().Count);
        Assert.Equal(2, ids.Statistics.TicksAhead);
    }

    [Theory]
    [InlineData(SequenceOverflow.Wait)]
    [InlineData(SequenceOverflow.Throw)]
    [InlineData(SequenceOverflow.Borrow)]
    public void Hold_refuses_a_clock_more_than_MaxAhead_behind_until_it_has_caught_up(SequenceOverflow overflow)
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, overflow, maxAheadMs: 10);
        long before = ids.Next();
        time.AdvanceUtc(-11 * Millisecond);

        Assert.Equal(SnowflakeFailure.ClockRolledBack, FailureOf(() => ids.Next()));
        Assert.Equal(SnowflakeFailure.ClockRolledBack, FailureOf(() => ids.Next(new long[2])));
        Assert.False(ids.TryNext(out _));
        time.Advance(Millisecond);
        Assert.Equal(before + 1, ids.Next());
    }

    [Fact]
    public void Throw_on_rollback_refuses_the_smallest_step_back_and_takes_nothing()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, rollback: ClockRollback.Throw);
        long before = ids.Next();
        time.AdvanceUtc(-Millisecond);

        Assert.Equal(SnowflakeFailure.ClockRolledBack, FailureOf(() => ids.Next()));
        Assert.False(ids.TryNext(out _));
        time.Advance(Millisecond);
        Assert.Equal(before + 1, ids.Next());
    }

    [Fact]
    public void A_step_forward_and_back_is_held_only_within_MaxAhead()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1_000);
        ids.Next();
        time.AdvanceUtc(TimeSpan.FromHours(1));
        long high = ids.Next();
        time.AdvanceUtc(TimeSpan.FromHours(-1));

        Assert.Equal(SnowflakeFailure.ClockRolledBack, FailureOf(() => ids.Next()));
        time.AdvanceUtc(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.Equal(high + 1, ids.Next());
    }

    [Fact]
    public void A_rollback_counts_once_until_the_clock_has_passed_its_earlier_reading()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 1_000);
        for (int episode = 1; episode <= 3; episode++)
        {
            ids.Next();
            time.AdvanceUtc(-5 * Millisecond);
            ids.Drain();
            time.AdvanceUtc(-5 * Millisecond);
            ids.Drain();
            Assert.Equal(episode, ids.Statistics.ClockRollbacks);
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Overflows_count_used_up_ticks_and_refusals()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator borrowing = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 2);
        borrowing.Drain();
        Assert.Equal(3, borrowing.Statistics.Overflows); // two ticks left early, one refusal

        SnowflakeGenerator throwing = Generator(time, SequenceOverflow.Throw);
        throwing.Drain();
        FailureOf(() => throwing.Next());
        Assert.Equal(new SnowflakeStatistics(Overflows: 2, Waits: 0, ClockRollbacks: 0, TicksAhead: 0), throwing.Statistics);
    }

    [Fact]
    public void A_clock_before_the_epoch_is_refused_to_the_last_tenth_of_a_microsecond()
    {
        var time = new ManualTimeProvider(Small.Epoch.AddTicks(-1));
        SnowflakeGenerator ids = Generator(time);

        Assert.Equal(SnowflakeFailure.ClockBeforeEpoch, FailureOf(() => ids.Next()));
        Assert.Equal(SnowflakeFailure.ClockBeforeEpoch, FailureOf(() => ids.TryNext(out _)));
        time.SetUtcNow(DateTimeOffset.MinValue);
        Assert.Equal(SnowflakeFailure.ClockBeforeEpoch, FailureOf(() => ids.Next()));
        time.SetUtcNow(Small.Epoch);
        Assert.Equal(3L << 2, ids.Next()); // tick 0, worker 3, sequence 0
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(61, 0)] // with the sequence, the state uses all of a long
    public void The_last_ids_of_a_layout_are_made_and_none_after_them(int timestampBits, int workerBits)
    {
        var layout = new SnowflakeLayout(timestampBits, workerBits, 2, DateTimeOffset.MinValue, TimeSpan.FromTicks(1));
        DateTimeOffset lastTick = layout.Exhausted.AddTicks(-1);
        foreach (SequenceOverflow overflow in Enum.GetValues<SequenceOverflow>())
        {
            var time = new ManualTimeProvider(lastTick);
            var options = new SnowflakeOptions { WorkerId = 0, Layout = layout, Overflow = overflow };
            var ids = new SnowflakeGenerator(options, timeProvider: time);

            if (overflow == SequenceOverflow.Borrow)
            {
                Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => ids.Next(new long[5])));
            }

            long[] last = [ids.Next(), ids.Next(), ids.Next(), ids.Next()];
            Assert.Equal(layout.Encode(lastTick, 0, 0), last[0]);
            Assert.Equal(layout.Encode(lastTick, 0, 3), last[3]);
            Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => ids.Next()));
            Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => ids.TryNext(out _)));
            Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => ids.Next(new long[1])));
            time.Advance(TimeSpan.FromTicks(1));
            Assert.Equal(SnowflakeFailure.TimestampExhausted, FailureOf(() => ids.Next()));
        }
    }

    [Fact]
    public void The_worker_must_fit_its_bits_whichever_way_it_is_given()
    {
        Assert.Throws<ArgumentOutOfRangeException>("workerId", () => new SnowflakeGenerator(1024));
        Assert.Throws<ArgumentOutOfRangeException>("workerId", () => new SnowflakeGenerator(-1));
        Assert.Throws<ArgumentOutOfRangeException>("workerId", () => new SnowflakeGenerator(32, Small));
        AssertRefused("WorkerId is 32; 5 bits hold 0 to 31.", o => o.WorkerId = 32);
        AssertRefused("WorkerId is -1", o => o.WorkerId = -1);
    }

    [Fact]
    public void Every_setting_is_checked_and_named()
    {
        AssertRefused("WorkerId must be set", o => o.WorkerId = null);
        AssertRefused("Overflow is 3", o => o.Overflow = (SequenceOverflow)3);
        AssertRefused("Rollback is -1", o => o.Rollback = (ClockRollback)(-1));
        AssertRefused("MaxAhead is -00:00:00.0000001", o => o.MaxAhead = TimeSpan.FromTicks(-1));
        AssertRefused("MaxAhead is 365.00:00:00.0000001", o => o.MaxAhead = TimeSpan.FromDays(365) + TimeSpan.FromTicks(1));
        AssertRefused("at least one tick", o =>
        {
            o.Overflow = SequenceOverflow.Borrow;
            o.MaxAhead = Small.Tick - TimeSpan.FromTicks(1);
        });
        Assert.Throws<ArgumentNullException>("options", () => new SnowflakeGenerator(null!));
    }

    [Fact]
    public void Two_bad_settings_are_both_named()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>("options", () =>
            new SnowflakeGenerator(new SnowflakeOptions { MaxAhead = TimeSpan.MinValue }));
        Assert.Contains("WorkerId", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MaxAhead", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Taking_ids_allocates_nothing()
    {
        var fast = new SnowflakeGenerator(0, new SnowflakeLayout(41, 0, 22, Small.Epoch));
        long[] span = new long[64];
        Allocation.AssertNone(() => fast.Next());
        Allocation.AssertNone(() => fast.TryNext(out _));
        Allocation.AssertNone(() => fast.Next(span));
        Allocation.AssertNone(() => Completed(fast.NextAsync()));
        Allocation.AssertNone(() => _ = fast.Statistics);

        var borrowing = new SnowflakeGenerator(new SnowflakeOptions
        {
            WorkerId = 3,
            Layout = Small,
            Overflow = SequenceOverflow.Borrow,
            MaxAhead = TimeSpan.FromHours(1),
        });
        Allocation.AssertNone(() => borrowing.Next());

        var waiting = new SnowflakeGenerator(3, Small);
        Allocation.AssertNone(() => waiting.TryNext(out _)); // refused, mostly
    }

    [Fact]
    public void Short_waits_allocate_nothing()
    {
        var clock = new ScriptedClock(Small.Epoch, reading => reading * 100); // 100 readings a tick
        var waiting = new SnowflakeGenerator(3, Small, clock);
        Allocation.AssertNone(() => waiting.Next());
        Assert.True(waiting.Statistics.Waits > 0);
    }

    private static void Completed(ValueTask<long> id)
    {
        Assert.True(id.IsCompletedSuccessfully);
        Assert.True(id.Result > 0);
    }

    private static void AssertRefused(string reason, Action<SnowflakeOptions> change)
    {
        var options = new SnowflakeOptions { WorkerId = 3, Layout = Small };
        change(options);
        ArgumentException exception = Assert.Throws<ArgumentException>("options", () => new SnowflakeGenerator(options));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
