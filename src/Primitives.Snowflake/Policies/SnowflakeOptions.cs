namespace Primitives;

/// <summary>The settings of a <see cref="SnowflakeGenerator"/>. Only <see cref="WorkerId"/> must be set.</summary>
public sealed class SnowflakeOptions
{
    /// <summary>Gets or sets the number that tells this generator from every other one that makes ids of the same kind
    /// at the same time.</summary>
    /// <value>From 0 to the layout's <see cref="SnowflakeLayout.MaxWorkerId"/>. There is no default:
    /// <see langword="null"/> is refused, because generators that share an id by default make equal ids.</value>
    public int? WorkerId { get; set; }

    /// <summary>Gets or sets the layout of the ids. To change it for ids in use may repeat some.</summary>
    /// <value><see langword="null"/>, the default, means <see cref="SnowflakeLayout.Twitter"/>.</value>
    public SnowflakeLayout? Layout { get; set; }

    /// <summary>Gets or sets what to do when the sequence numbers of a tick are used up.</summary>
    /// <value><see cref="SequenceOverflow.Wait"/> by default.</value>
    public SequenceOverflow Overflow { get; set; } = SequenceOverflow.Wait;

    /// <summary>Gets or sets what to do while the clock is behind an earlier reading.</summary>
    /// <value><see cref="ClockRollback.Hold"/> by default.</value>
    public ClockRollback Rollback { get; set; } = ClockRollback.Hold;

    /// <summary>Gets or sets how far ids may be ahead of the clock, under <see cref="SequenceOverflow.Borrow"/> and
    /// <see cref="ClockRollback.Hold"/>; for how long a waiting caller bears a clock that stands still (at least 100 ms);
    /// and how far a high-water mark is ahead of the clock, which is up to an eighth
    /// more.</summary>
    /// <value>10 seconds by default. From 0 to 365 days, in whole ticks, rounded down; at least one tick with
    /// <see cref="SequenceOverflow.Borrow"/> or a high-water mark.</value>
    public TimeSpan MaxAhead { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets whether the first id of a tick has a pseudo-random sequence number instead of zero. At low
    /// rates most ids are the first of their tick, so that with zero nearly all are multiples of the tick's capacity, and
    /// <c>id % shards</c> uses one shard. Costs up to half of a tick's sequence numbers when a tick starts.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool RandomSequenceStart { get; set; }

    /// <summary>Gets or sets the seed of <see cref="RandomSequenceStart"/>: the start is a fixed function of seed, worker
    /// id and tick.</summary>
    /// <value>0 by default. Any value.</value>
    public long SequenceSeed { get; set; }
}
