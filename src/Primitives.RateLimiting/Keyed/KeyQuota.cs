namespace Primitives;

/// <summary>A quota of keys, in units of time that all quotas of a table share: a fraction of a clock tick that is a power
/// of two, as fine as ten years allow.</summary>
/// <remarks>The time per permit is rounded up to a whole unit, a quarter of a nanosecond at 1 GHz: the rate is never above
/// the quota, and below it by a relative error of at most <c>1 / UnitsPerPermit</c>.</remarks>
internal sealed class KeyQuota
{
    /// <summary>No instant in a table is later than 2^61 units after its base, plus what can be owed.</summary>
    public const long Horizon = 1L << 61;

    /// <summary>The most one key can owe, beside a full bucket.</summary>
    public const long MaxDebt = 1L << 60;

    private const long MaxFill = 1L << 58;

    public KeyQuota(RateQuota quota, long unitsPerTick, long frequency)
    {
        ArgumentNullException.ThrowIfNull(quota);

        Quota = quota;
        Int128 permitsPerSecond = (Int128)quota.Permits * TimeSpan.TicksPerSecond;
        Int128 unitsPerPermit = (((Int128)quota.Period.Ticks * frequency * unitsPerTick) + permitsPerSecond - 1) / permitsPerSecond;
        if (unitsPerPermit * quota.Burst > MaxFill)
        {
            throw new ArgumentOutOfRangeException(
                nameof(quota), quota, $"A burst of {quota.Burst} at {quota.Permits} per {quota.Period} takes more than a year or two to refill.");
        }

        UnitsPerPermit = (long)unitsPerPermit;
        Fill = UnitsPerPermit * quota.Burst;
        Limit = quota.Burst;
    }

    public RateQuota Quota { get; }

    public int Limit { get; }

    public long UnitsPerPermit { get; }

    public long Fill { get; }

    /// <summary>Gets the largest power of two of units per tick with which ten years stay within the horizon.</summary>
    public static long UnitsPerTick(long frequency)
    {
        Int128 tenYears = (Int128)frequency * 60 * 60 * 24 * 3_653;
        long units = 1;
        while (units < 1 << 16 && tenYears * units * 2 <= Horizon)
        {
            units *= 2;
        }

        return units;
    }
}
