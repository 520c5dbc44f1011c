namespace Primitives;

/// <summary>
/// What a generator does while the clock reads earlier than it has read before, or than the high-water mark a previous
/// process left. Ids stay unique and increasing either way.
/// </summary>
public enum ClockRollback
{
    /// <summary>Go on from the last id as if the clock had not gone back: at its pace, ahead of it by as much as it is
    /// behind, until it has caught up. If that is more than <see cref="SnowflakeOptions.MaxAhead"/>, throw a
    /// <see cref="SnowflakeException"/>. The default.</summary>
    Hold,

    /// <summary>Throw a <see cref="SnowflakeException"/> where the next id would be ahead of the clock.</summary>
    Throw,
}
