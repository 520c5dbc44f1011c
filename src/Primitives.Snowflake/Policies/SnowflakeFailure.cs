namespace Primitives;

/// <summary>Why a generator could not make an id.</summary>
public enum SnowflakeFailure
{
    /// <summary>No reason was given.</summary>
    None,

    /// <summary>The sequence numbers of the tick are used up and <see cref="SequenceOverflow.Throw"/> is in force. Passes
    /// with the next tick.</summary>
    SequenceExhausted,

    /// <summary>Borrowed ids are <see cref="SnowflakeOptions.MaxAhead"/> ahead of the clock. Passes with the next tick.</summary>
    TooFarAhead,

    /// <summary>The clock went back: at all under <see cref="ClockRollback.Throw"/>, by more than
    /// <see cref="SnowflakeOptions.MaxAhead"/> under <see cref="ClockRollback.Hold"/>. Passes when the clock has caught up.</summary>
    ClockRolledBack,

    /// <summary>The clock did not move while a caller waited for its next tick.</summary>
    ClockStalled,

    /// <summary>The clock reads earlier than the layout's epoch.</summary>
    ClockBeforeEpoch,

    /// <summary>The clock, or the last id, has reached the end of the layout's timestamp field. Does not pass.</summary>
    TimestampExhausted,
}
