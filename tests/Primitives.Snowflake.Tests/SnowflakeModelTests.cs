using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeModelTests
{
    private const int MaxAheadTicks = 6;

    private static readonly SnowflakeLayout[] Layouts =
    [
        Small,
        new(41, 5, 0, Small.Epoch),
        new(41, 5, 3, Small.Epoch, TimeSpan.FromMilliseconds(3), SnowflakeFieldOrder.SequenceThenWorker),
    ];

    public static TheoryData<SequenceOverflow, ClockRollback> Policies
    {
        get
        {
            var policies = new TheoryData<SequenceOverflow, ClockRollback>();
            foreach (SequenceOverflow overflow in Enum.GetValues<SequenceOverflow>())
            {
                policies.Add(overflow, ClockRollback.Hold);
                policies.Add(overflow, ClockRollback.Throw);
            }

            return policies;
        }
    }

    private static Gen<Step> Steps => Gen.Frequency(
        (4, Gen.Choose(1, 30).Select(tenths => new Step(Move: tenths))),
        (2, Gen.Choose(1, 200).Select(tenths => new Step(Move: -tenths))),
        (1, Gen.Choose(50, 500).Select(tenths => new Step(Move: tenths))),
        (12, Gen.Constant(new Step(Take: 1))),
        (6, Gen.Choose(1, 9).Select(count => new Step(Span: count))));

    [Theory]
    [MemberData(nameof(Policies))]
    public void Every_history_agrees_with_the_model(SequenceOverflow overflow, ClockRollback rollback) =>
        PropertyTest.CheckSequence(Steps, steps =>
        {
            foreach (SnowflakeLayout layout in Layouts)
            {
                Replay(steps, layout, overflow, rollback);
            }
        });

    private static void Replay(Step[] steps, SnowflakeLayout layout, SequenceOverflow overflow, ClockRollback rollback)
    {
        var time = new ManualTimeProvider();
        var options = new SnowflakeOptions
        {
            WorkerId = 3,
            Layout = layout,
            Overflow = overflow,
            Rollback = rollback,
            MaxAhead = (MaxAheadTicks * layout.Tick) + TimeSpan.FromTicks(1), // counts in whole ticks
        };
        var ids = new SnowflakeGenerator(options, timeProvider: time);
        var model = new NaiveSnowflake(layout, 3, overflow, rollback, MaxAheadTicks, time);
        var expected = new List<long>();
        var taken = new List<long>();
        foreach (Step step in steps)
        {
            time.AdvanceUtc(TimeSpan.FromMicroseconds(100 * step.Move));
            if (step.Take > 0)
            {
                SnowflakeFailure failure = model.TryTake(1, expected);
                Assert.Equal(failure == SnowflakeFailure.None, ids.TryNext(out long id));
                AddIfTaken(id);
                if (overflow != SequenceOverflow.Wait && failure != SnowflakeFailure.None)
                {
                    Assert.Equal(failure, FailureOf(() => ids.Next()));
                }
            }

            // A span under Wait would hold this thread, and one longer than can ever fit is refused.
            if (step.Span > 0 && overflow != SequenceOverflow.Wait && (overflow == SequenceOverflow.Borrow || step.Span <= layout.IdsPerTick)
                && step.Span <= layout.IdsPerTick * (MaxAheadTicks + 1))
            {
                long[] span = new long[step.Span];
                SnowflakeFailure failure = model.TryTake(step.Span, expected);
                if (failure == SnowflakeFailure.None)
                {
                    ids.Next(span);
                    taken.AddRange(span);
                }
                else
                {
                    Assert.Equal(failure, FailureOf(() => ids.Next(span)));
                }
            }

            Assert.Equal(expected, taken);
        }

        Assert.Equal(taken.Order().Distinct(), taken);

        void AddIfTaken(long id)
        {
            if (id != 0)
            {
                taken.Add(id);
            }
        }
    }

    /// <summary>Moves the wall clock by tenths of a millisecond, takes one id, or takes a span.</summary>
    private readonly record struct Step(int Move = 0, int Take = 0, int Span = 0);
}
