namespace Primitives;

/// <summary>
/// How an id is put together: which bits hold the timestamp, the worker and the sequence number, how long a tick of the
/// timestamp is and when it starts. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> <see cref="Encode"/> and <see cref="Decode"/> are inverse to each other. Ids are not negative,
/// and of two ids the one with the later tick is the larger.</para>
/// <para><b>Cost.</b> Every member is O(1) and allocates nothing.</para>
/// <para><b>Limits.</b> The fields take at most 63 bits together, so that an id is a non-negative <see cref="long"/>.
/// Discord and Instagram write of 64-bit ids with one more timestamp bit; that bit is zero until 2084-09-06 and
/// 2046-06-27, and until then the presets are exact for every real id.</para>
/// <para><b>Source.</b> Twitter's Snowflake announcement (2010); Discord's API reference; "Sharding &amp; IDs at
/// Instagram" (2012); the Sonyflake README.</para>
/// </remarks>
public sealed record SnowflakeLayout
{
    private const int MaxTotalBits = 63;
    private const int MaxWorkerBits = 31;   // a worker id is an int
    private const int MaxSequenceBits = 30; // and so is the number of ids in a tick

    private readonly long _epochTicks; // UTC, 100 ns
    private readonly long _tickTicks;  // > 0; 100 ns

    /// <summary>Creates a layout.</summary>
    /// <param name="timestampBits">The bits of the timestamp. At least 1.</param>
    /// <param name="workerBits">The bits of the worker id, from 0 to 31.</param>
    /// <param name="sequenceBits">The bits of the sequence number, from 0 to 30.</param>
    /// <param name="epoch">The instant of timestamp zero.</param>
    /// <param name="tick">The unit of the timestamp, positive; 1 millisecond when <see langword="null"/>.</param>
    /// <param name="order">The order of the fields below the timestamp.</param>
    /// <exception cref="ArgumentOutOfRangeException">A field is outside its range, the fields take more than 63 bits
    /// together, or <paramref name="tick"/> is not positive. The message names the rule.</exception>
    public SnowflakeLayout(
        int timestampBits,
        int workerBits,
        int sequenceBits,
        DateTimeOffset epoch,
        TimeSpan? tick = null,
        SnowflakeFieldOrder order = SnowflakeFieldOrder.WorkerThenSequence)
    {
        Check(timestampBits, 1, MaxTotalBits, nameof(timestampBits));
        Check(workerBits, 0, MaxWorkerBits, nameof(workerBits));
        Check(sequenceBits, 0, MaxSequenceBits, nameof(sequenceBits));
        int total = timestampBits + workerBits + sequenceBits;
        if (total > MaxTotalBits)
        {
            throw new ArgumentOutOfRangeException(
                nameof(timestampBits),
                $"{timestampBits} + {workerBits} + {sequenceBits} bits are {total}; an id holds at most {MaxTotalBits}, so that it is never negative.");
        }

        Tick = tick ?? TimeSpan.FromMilliseconds(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Tick, TimeSpan.Zero, nameof(tick));
        if (!Enum.IsDefined(order))
        {
            throw new ArgumentOutOfRangeException(nameof(order), order, "Not a field order.");
        }

        TimestampBits = timestampBits;
        WorkerBits = workerBits;
        SequenceBits = sequenceBits;
        Epoch = epoch.ToUniversalTime();
        Order = order;
        _epochTicks = epoch.UtcTicks;
        _tickTicks = Tick.Ticks;
    }

    /// <summary>Gets Twitter's layout: 41 bits of 1 ms from 2010-11-04T01:42:54.657Z, 10 of worker (there 5 of data centre
    /// and 5 of worker), 12 of sequence. 4,096 ids a millisecond until 2080-07-10.</summary>
    public static SnowflakeLayout Twitter { get; } = new(41, 10, 12, DateTimeOffset.FromUnixTimeMilliseconds(1_288_834_974_657));

    /// <summary>Gets Discord's layout: 41 bits of 1 ms from 2015-01-01, 10 of worker (there 5 of worker and 5 of process, so
    /// Discord's worker is <c>WorkerId &gt;&gt; 5</c>), 12 of sequence. Until 2084-09-06.</summary>
    public static SnowflakeLayout Discord { get; } = new(41, 10, 12, DateTimeOffset.FromUnixTimeMilliseconds(1_420_070_400_000));

    /// <summary>Gets Instagram's layout: 40 bits of 1 ms from 2011-08-24T21:07:01.721Z, 13 of logical shard, 10 of sequence.
    /// 1,024 ids a millisecond until 2046-06-27.</summary>
    public static SnowflakeLayout Instagram { get; } = new(40, 13, 10, DateTimeOffset.FromUnixTimeMilliseconds(1_314_220_021_721));

    /// <summary>Gets Sonyflake's layout: 39 bits of 10 ms from 2014-09-01, 8 of sequence, 16 of machine. 256 ids each 10 ms
    /// until 2188. Version 2 of Sonyflake starts at 2025-01-01: use <see cref="WithEpoch"/>.</summary>
    public static SnowflakeLayout Sonyflake { get; } = new(
        39,
        16,
        8,
        new DateTimeOffset(2014, 9, 1, 0, 0, 0, TimeSpan.Zero),
        TimeSpan.FromMilliseconds(10),
        SnowflakeFieldOrder.SequenceThenWorker);

    /// <summary>Gets a layout of 53 bits, so that a JavaScript number holds every id exactly: 41 bits of 1 ms from
    /// 2025-01-01, 5 of worker, 7 of sequence. 32 workers of 128 ids a millisecond until 2094-09-07.</summary>
    public static SnowflakeLayout JavaScriptSafe { get; } = new(41, 5, 7, new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Gets the bits of the timestamp. At least 1.</summary>
    public int TimestampBits { get; }

    /// <summary>Gets the bits of the worker id, from 0 to 31.</summary>
    public int WorkerBits { get; }

    /// <summary>Gets the bits of the sequence number, from 0 to 30.</summary>
    public int SequenceBits { get; }

    /// <summary>Gets the instant, in UTC, of timestamp zero.</summary>
    public DateTimeOffset Epoch { get; }

    /// <summary>Gets the unit of the timestamp. Positive.</summary>
    public TimeSpan Tick { get; }

    /// <summary>Gets the order of the fields below the timestamp.</summary>
    public SnowflakeFieldOrder Order { get; }

    /// <summary>Gets the bits of an id: the sum of its fields, at most 63.</summary>
    public int TotalBits => TimestampBits + WorkerBits + SequenceBits;

    /// <summary>Gets the largest worker id, <c>2^WorkerBits - 1</c>.</summary>
    public int MaxWorkerId => (int)((1L << WorkerBits) - 1);

    /// <summary>Gets how many ids one worker can make in a tick, <c>2^SequenceBits</c>.</summary>
    public int IdsPerTick => 1 << SequenceBits;

    /// <summary>Gets how many ids one worker can make in a second, <c>IdsPerTick / Tick</c>.</summary>
    public double IdsPerSecond => IdsPerTick / Tick.TotalSeconds;

    /// <summary>Gets the first instant, in UTC, for which there are no ids any more: <c>Epoch + 2^TimestampBits * Tick</c>,
    /// or <see cref="DateTimeOffset.MaxValue"/> if that is later.</summary>
    public DateTimeOffset Exhausted => IsBeyondCalendar(LastTimestamp) ? DateTimeOffset.MaxValue : ToInstant(LastTimestamp + 1);

    internal long LastTimestamp => (1L << TimestampBits) - 1; // TimestampBits = 63 gives long.MaxValue by wrap-around

    /// <summary>Gives the same layout with another epoch. A recent one makes ids smaller and lasts longest; it must never
    /// change once ids are stored.</summary>
    /// <param name="epoch">The instant of timestamp zero.</param>
    /// <returns>The new layout.</returns>
    public SnowflakeLayout WithEpoch(DateTimeOffset epoch) => new(TimestampBits, WorkerBits, SequenceBits, epoch, Tick, Order);

    /// <summary>Takes an id apart.</summary>
    /// <param name="id">The id, from 0 to <c>2^TotalBits - 1</c>.</param>
    /// <returns>Its timestamp, worker and sequence number.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="id"/> is negative or has more bits than the layout, or
    /// its timestamp is later than <see cref="DateTimeOffset.MaxValue"/>.</exception>
    public SnowflakeParts Decode(long id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (id >> (TotalBits - 1) > 1)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"The id has more than the layout's {TotalBits} bits.");
        }

        long timestamp = id >> (WorkerBits + SequenceBits);
        if (IsBeyondCalendar(timestamp - 1))
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"The id's timestamp, {timestamp} ticks of {Tick} from {Epoch:O}, is later than the year 9999.");
        }

        (int workerShift, int sequenceShift) = Shifts;
        return new SnowflakeParts(
            ToInstant(timestamp),
            (int)(id >> workerShift) & MaxWorkerId,
            (int)(id >> sequenceShift) & (IdsPerTick - 1));
    }

    /// <summary>Puts an id together.</summary>
    /// <param name="timestamp">An instant of the id's tick, from <see cref="Epoch"/> up to but not including
    /// <see cref="Exhausted"/>; rounded down to the tick.</param>
    /// <param name="workerId">The worker, from 0 to <see cref="MaxWorkerId"/>.</param>
    /// <param name="sequence">The number within the tick, from 0 to <c>IdsPerTick - 1</c>.</param>
    /// <returns>The id. Not negative.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public long Encode(DateTimeOffset timestamp, int workerId, int sequence)
    {
        long ticks = ToTimestamp(timestamp);
        if (ticks < 0 || ticks > LastTimestamp)
        {
            throw new ArgumentOutOfRangeException(nameof(timestamp), timestamp, $"The layout holds instants from {Epoch:O} to before {Exhausted:O}.");
        }

        CheckWorkerId(workerId, nameof(workerId));
        Check(sequence, 0, IdsPerTick - 1, nameof(sequence));
        (int workerShift, int sequenceShift) = Shifts;
        return (ticks << (WorkerBits + SequenceBits)) | ((long)workerId << workerShift) | ((long)sequence << sequenceShift);
    }

    /// <summary>Gives the smallest id that any worker could make at or after an instant by a clock that is right, for range
    /// queries: the ids made in <c>[from, to)</c> are those in <c>[MinFor(from), MinFor(to))</c>, to the resolution of a
    /// tick. Ids made while a generator was ahead of its clock lie up to its <see cref="SnowflakeOptions.MaxAhead"/>
    /// later.</summary>
    /// <param name="instant">The instant. Any value.</param>
    /// <returns>The id with the tick of <paramref name="instant"/>, worker 0 and sequence 0; zero below the epoch; from
    /// <see cref="Exhausted"/> on <c>2^TotalBits</c>, one more than any id, or <see cref="long.MaxValue"/>, the very last
    /// id, where 63 bits leave no such number.</returns>
    public long MinFor(DateTimeOffset instant)
    {
        long ticks = ToTimestamp(instant);
        return ticks < 0 ? 0
            : ticks <= LastTimestamp ? ticks << (WorkerBits + SequenceBits)
            : TotalBits < MaxTotalBits ? 1L << TotalBits
            : long.MaxValue;
    }

    internal (int Worker, int Sequence) Shifts =>
        Order == SnowflakeFieldOrder.WorkerThenSequence ? (SequenceBits, 0) : (0, WorkerBits);

    internal long ToTimestamp(DateTimeOffset instant) => ToTimestamp(instant.UtcTicks);

    /// <summary>Counts whole ticks from the epoch; some negative number before it.</summary>
    internal long ToTimestamp(long utcTicks)
    {
        long sinceEpoch = utcTicks - _epochTicks;

        // Nearly every layout ticks in milliseconds, and a division by a constant is a multiplication. The sign is added
        // because division rounds towards zero: an instant just before the epoch must not count as its first tick.
        return _tickTicks == TimeSpan.TicksPerMillisecond
            ? (sinceEpoch / TimeSpan.TicksPerMillisecond) + (sinceEpoch >> 63)
            : (sinceEpoch / _tickTicks) + (sinceEpoch >> 63);
    }

    /// <summary>The start of a tick that the calendar can express.</summary>
    internal DateTimeOffset ToInstant(long timestamp) => new(_epochTicks + (timestamp * _tickTicks), TimeSpan.Zero);

    internal DateTimeOffset ToInstantOrLast(long timestamp) =>
        IsBeyondCalendar(timestamp) ? DateTimeOffset.MaxValue : ToInstant(timestamp);

    internal void CheckWorkerId(int workerId, string parameterName)
    {
        if (workerId < 0 || workerId > MaxWorkerId)
        {
            throw new ArgumentOutOfRangeException(
                parameterName,
                workerId,
                $"A worker id of this layout has {WorkerBits} bits: 0 to {MaxWorkerId}. One that does not fit would make the ids of another worker.");
        }
    }

    // Whether the tick after this one starts later than the calendar ends.
    private bool IsBeyondCalendar(long timestamp) => timestamp >= (DateTimeOffset.MaxValue.Ticks - _epochTicks) / _tickTicks;

    private static void Check(int value, int least, int most, string parameterName)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(parameterName, value, $"Must be from {least} to {most}.");
        }
    }
}
