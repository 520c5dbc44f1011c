namespace Primitives;

/// <summary>The order of the fields of an id below its timestamp, which always comes first.</summary>
public enum SnowflakeFieldOrder
{
    /// <summary>Timestamp, worker, sequence: Twitter, Discord, Instagram. Ids of one tick sort by worker.</summary>
    WorkerThenSequence,

    /// <summary>Timestamp, sequence, worker: Sonyflake. Ids of one tick sort by sequence number.</summary>
    SequenceThenWorker,
}
