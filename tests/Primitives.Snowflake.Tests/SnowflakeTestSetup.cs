using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>What most generator tests start from.</summary>
internal static class SnowflakeTestSetup
{
    /// <summary>Four ids a millisecond: small enough to reach every edge in a few calls.</summary>
    public static readonly SnowflakeLayout Small = new(41, 5, 2, new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    public static SnowflakeGenerator Generator(
        ManualTimeProvider time,
        SequenceOverflow overflow = SequenceOverflow.Wait,
        ClockRollback rollback = ClockRollback.Hold,
        int maxAheadMs = 10,
        SnowflakeLayout? layout = null,
        IHighWaterMark? mark = null) =>
        new(
            new SnowflakeOptions
            {
                WorkerId = 3,
                Layout = layout ?? Small,
                Overflow = overflow,
                Rollback = rollback,
                MaxAhead = TimeSpan.FromMilliseconds(maxAheadMs),
            },
            mark,
            time);

    /// <summary>The id's distance from the clock in milliseconds, and its sequence number.</summary>
    public static (double Ahead, int Sequence) Place(this SnowflakeGenerator ids, long id, TimeProvider time)
    {
        SnowflakeParts parts = ids.Layout.Decode(id);
        Assert.Equal(ids.WorkerId, parts.WorkerId);
        return ((parts.Timestamp - time.GetUtcNow()).TotalMilliseconds, parts.Sequence);
    }

    public static SnowflakeFailure FailureOf(Action action) => Assert.Throws<SnowflakeException>(action).Failure;

    /// <summary>Waits for another thread to have got somewhere.</summary>
    public static void SpinUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Race.DefaultTimeout));

    /// <summary>Takes as many ids as the clock's tick has left.</summary>
    public static List<long> Drain(this SnowflakeGenerator ids)
    {
        var taken = new List<long>();
        while (ids.TryNext(out long id))
        {
            taken.Add(id);
        }

        return taken;
    }
}
