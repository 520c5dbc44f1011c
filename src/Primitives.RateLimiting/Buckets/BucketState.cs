namespace Primitives;

/// <summary>A rate, the instant its units are counted from, and the words counted in them. Replaced as a whole when either
/// must change; the words of a replaced one stay withdrawn for ever, so no late swap can succeed on them.</summary>
internal sealed class BucketState
{
    /// <summary>Not read-only: written by compare-and-swap.</summary>
    public BucketWords Words;

    public BucketState(GcraRate rate, long baseTimestamp, long lag)
    {
        Rate = rate;
        Limit = rate.Limit;
        UnitsPerPermit = rate.UnitsPerPermit;
        UnitsPerTick = rate.UnitsPerTick;
        Frequency = rate.Frequency;
        Fill = rate.Fill;
        MaxTicks = rate.MaxTicks;
        BaseTimestamp = baseTimestamp;
        Lag = lag;
        Words.EmptyAt = TokenBucketLimiter.Withdrawn;
        Words.ReadAt = TokenBucketLimiter.NoReading;
    }

    public GcraRate Rate { get; }

    // The rate's numbers again, one load nearer.
    public int Limit { get; }

    public long UnitsPerPermit { get; }

    public long UnitsPerTick { get; }

    public long Frequency { get; }

    public long Fill { get; }

    public long MaxTicks { get; }

    public long BaseTimestamp { get; }

    /// <summary>Gets the units in which a coarse clock moves on.</summary>
    public long Lag { get; }
}
