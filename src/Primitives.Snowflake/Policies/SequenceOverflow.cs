namespace Primitives;

/// <summary>What a generator does when the sequence numbers of the clock's current tick are used up.</summary>
public enum SequenceOverflow
{
    /// <summary>Take an id of the next tick and wait until the clock reaches it. The default: no id is ever ahead of
    /// the clock, and a caller is slowed to the layout's rate.</summary>
    Wait,

    /// <summary>Throw a <see cref="SnowflakeException"/> and take nothing.</summary>
    Throw,

    /// <summary>Take an id of the next tick and return it at once, ahead of the clock by at most
    /// <see cref="SnowflakeOptions.MaxAhead"/>; beyond that, throw a <see cref="SnowflakeException"/>. A restart within
    /// that time would repeat borrowed ids: use a high-water mark.</summary>
    Borrow,
}
