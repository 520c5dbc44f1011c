namespace Primitives;

/// <summary>What one attempt to take ids led to.</summary>
/// <param name="First">The first state taken, if <paramref name="Count"/> is positive.</param>
/// <param name="Count">How many consecutive states were taken; zero if none.</param>
/// <param name="WaitFor">The tick to wait for before the ids may be handed out or, if none were taken, before trying
/// again; negative if there is nothing to wait for.</param>
/// <param name="Failure">Why nothing was taken, if that is to be told to the caller.</param>
internal readonly record struct Reservation(long First, int Count, long WaitFor, SnowflakeFailure Failure)
{
    public static Reservation Taken(long first, int count, long waitFor) => new(first, count, waitFor, SnowflakeFailure.None);

    public static Reservation TryAgainAt(long tick) => new(0, 0, tick, SnowflakeFailure.None);

    public static Reservation Refused(SnowflakeFailure failure) => new(0, 0, -1, failure);
}
