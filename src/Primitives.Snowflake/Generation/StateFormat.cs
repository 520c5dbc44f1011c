namespace Primitives;

/// <summary>
/// The arithmetic of a generator's state: an id without its worker, tick above sequence,
/// <c>(tick &lt;&lt; SequenceBits) | sequence</c>, so that the id after the last of a tick, the first of the next one, is
/// one more. Immutable.
/// </summary>
internal readonly struct StateFormat
{
    private readonly long _workerField; // the worker id where it belongs in an id
    private readonly long _sequenceMask;
    private readonly long _lastTimestamp;
    private readonly ulong _startSeed;
    private readonly int _sequenceBits;
    private readonly int _workerBits;
    private readonly int _sequenceShift;
    private readonly int _startShift; // keeps the top bits of a hash for a tick's first sequence number; 0 for "always 0"

    public StateFormat(SnowflakeLayout layout, int workerId, bool randomStart, long seed)
    {
        (int workerShift, _sequenceShift) = layout.Shifts;
        _workerField = (long)workerId << workerShift;
        _workerBits = layout.WorkerBits;
        _sequenceBits = layout.SequenceBits;
        _sequenceMask = layout.IdsPerTick - 1;
        _lastTimestamp = layout.LastTimestamp;

        // From the lower half, so that at least half of the tick is left.
        _startShift = randomStart && _sequenceBits > 1 ? 64 - (_sequenceBits - 1) : 0;
        _startSeed = Mix((ulong)seed + (ulong)workerId);
    }

    public long TickOf(long state) => state >> _sequenceBits;

    /// <summary>The last state of a tick, which must not be beyond the layout.</summary>
    public long LastOf(long tick) => (tick << _sequenceBits) | _sequenceMask;

    /// <summary>The last state of a tick or of the layout, whichever is first.</summary>
    public long LastWithin(long tick) => LastOf(Math.Min(tick, _lastTimestamp));

    /// <summary>The state to take after <paramref name="state"/> when the clock shows <paramref name="now"/>.</summary>
    public long Following(long state, long now)
    {
        long start = now << _sequenceBits;
        return state >= start ? state + 1
            : _startShift == 0 ? start
            : start | (long)(Mix((ulong)now + _startSeed) >> _startShift);
    }

    public long ToId(long state) =>
        ((state & ~_sequenceMask) << _workerBits) | ((state & _sequenceMask) << _sequenceShift) | _workerField;

    /// <summary>Spreads a number over all 64 bits: the finalizer of SplitMix64, Steele, Lea and Flood (2014).</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
