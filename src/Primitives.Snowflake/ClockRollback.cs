namespace Primitives;

/// <summary>
/// What a generator does while the clock reads earlier than it has read before, or than the high-water mark a previous
/// process left. Ids stay unique and increasing either way.
/// </summary>
public enum ClockRollback
{
    /// <summary>Go on from the last id, into ticks that the clock has yet to reach if need be, but at most
    /// <see cref="SnowflakeOptions.MaxAhead"/> ahead of it; beyond that, throw a <see cref="SnowflakeException"/>.
    /// The default.</summary>
    Hold,

    /// <summary>Throw a <see cref="SnowflakeException"/> until the clock has caught up.</summary>
    Throw,
}
