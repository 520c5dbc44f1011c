using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeSpanTests
{
    [Fact]
    public void A_span_within_the_tick_is_one_run()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time);
        long first = ids.Next();
        long[] span = new long[3];

        ids.Next(span);

        Assert.Equal([first + 1, first + 2, first + 3], span);
    }

    [Fact]
    public void An_empty_span_takes_nothing_and_cannot_fail()
    {
        var time = new ManualTimeProvider(Small.Epoch.AddDays(-1));
        foreach (SequenceOverflow overflow in Enum.GetValues<SequenceOverflow>())
        {
            Generator(time, overflow).Next([]);
        }
    }

    [Fact]
    public void Borrow_takes_a_span_across_ticks_at_once()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 5);
        ids.Next();
        long[] span = new long[(4 * 6) - 1];

        ids.Next(span);

        Assert.Equal(Enumerable.Range(1, span.Length).Select(i => ((double)(i / 4), i % 4)), span.Select(id => ids.Place(id, time)));
        Assert.Equal(5, ids.Statistics.Overflows);
        Assert.Equal(SnowflakeFailure.TooFarAhead, FailureOf(() => ids.Next()));
    }

    [Theory]
    [InlineData(SequenceOverflow.Borrow, SnowflakeFailure.TooFarAhead)]
    [InlineData(SequenceOverflow.Throw, SnowflakeFailure.SequenceExhausted)]
    public void A_span_that_does_not_fit_now_takes_nothing(SequenceOverflow overflow, SnowflakeFailure failure)
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, overflow, maxAheadMs: 5);
        long first = ids.Next();
        long[] span = new long[overflow == SequenceOverflow.Borrow ? 24 : 4];

        Assert.Equal(failure, FailureOf(() => ids.Next(span)));
        Assert.Equal(first + 1, ids.Next());
        time.Advance(Millisecond);
        ids.Next(span);
        Assert.Equal((0, 0), ids.Place(span[0], time));
    }

    [Fact]
    public void A_span_that_could_never_fit_is_a_mistake_of_the_caller()
    {
        var time = new ManualTimeProvider();
        Assert.Throws<ArgumentOutOfRangeException>("ids", () => Generator(time, SequenceOverflow.Throw).Next(new long[5]));
        Assert.Throws<ArgumentOutOfRangeException>("ids", () => Generator(time, SequenceOverflow.Borrow, maxAheadMs: 5).Next(new long[25]));
    }

    [Fact]
    public void Wait_fills_a_span_of_any_length_as_the_clock_reaches_its_ticks()
    {
        var clock = new ScriptedClock(Small.Epoch, reading => reading * 500); // 20 readings a tick
        var ids = new SnowflakeGenerator(3, Small, clock);
        long[] span = new long[1_000];

        ids.Next(span);

        Assert.Equal(span.Order().Distinct(), span);
        Assert.True(Small.Decode(span[^1]).Timestamp <= clock.GetUtcNow());
        Assert.Equal(250, span.Select(id => Small.Decode(id).Timestamp).Distinct().Count()); // every tick used to the full
    }

    [Fact]
    public async Task A_waiting_span_takes_one_tick_at_a_time_so_that_others_come_in_between()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, maxAheadMs: 60_000);
        var span = new long[12];
        var filler = new Thread(() => ids.Next(span));
        filler.Start();
        SpinUntil(() => ids.Statistics.Waits == 1); // four taken now, four reserved of the next tick

        ValueTask<long> other = ids.NextAsync();
        long reserved = ids.Statistics.TicksAhead;
        while (!filler.Join(0))
        {
            time.Advance(Millisecond);
        }

        Assert.Equal(2, reserved);
        Assert.InRange(await other, span[7] + 1, span[8] - 1);
    }
}
