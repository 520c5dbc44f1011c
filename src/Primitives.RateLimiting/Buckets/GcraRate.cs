namespace Primitives;

/// <summary>
/// The arithmetic of "so many permits per period" on a clock of integer ticks, without rounding where it matters: time is
/// counted in units of <c>1 / UnitsPerTick</c> of a clock tick, chosen so that one permit is a whole number of them.
/// </summary>
/// <remarks>
/// The time per permit is <c>T = period · frequency / (10^7 · permits)</c> ticks, a fraction A/B in lowest terms. If B is
/// at most <see cref="MaxUnitsPerTick"/>, a permit is A units of 1/B tick and nothing is rounded: 3 per second and
/// 300 million per second are both exact. Otherwise T is rounded up to a multiple of the finest unit that fits, so that the
/// rate is never above the quota and below it by a relative <c>1 / UnitsPerPermit</c>.
/// </remarks>
internal sealed class GcraRate
{
    /// <summary>2^16: a debt of 2^60 units is then still 4.9 hours at 1 GHz, and 36 years if a permit is whole ticks.</summary>
    private const long MaxUnitsPerTick = 1 << 16;

    /// <summary>2^58, so that a full bucket and the largest debt together stay far from overflow.</summary>
    private const long MaxFill = 1L << 58;

    /// <summary>2^60: see <see cref="Bucket"/>.</summary>
    public const long MaxDebt = 1L << 60;

    /// <param name="quota">The quota.</param>
    /// <param name="frequency">Clock ticks per second.</param>
    /// <param name="parameter">Whose argument the quota is, for the message.</param>
    /// <param name="shaped">Whether at most one permit accrues, though one request may take up to the burst.</param>
    public GcraRate(RateQuota quota, long frequency, string parameter, bool shaped = false)
    {
        Quota = quota;

        // Int128: a period of 2^63 · 100 ns at 1 GHz is 2^93.
        Int128 a = (Int128)quota.Period.Ticks * frequency;
        Int128 b = (Int128)TimeSpan.TicksPerSecond * quota.Permits;
        Int128 divisor = GreatestCommonDivisor(a, b);
        a /= divisor;
        b /= divisor;

        Int128 fillTicks = ((a * quota.Burst) + b - 1) / b;
        if (fillTicks > MaxFill)
        {
            throw new ArgumentOutOfRangeException(
                parameter, quota, $"A burst of {quota.Burst} at {quota.Permits} per {quota.Period} takes more than 2^58 clock ticks to refill (9 years at 1 GHz).");
        }

        if (b > MaxUnitsPerTick || b * fillTicks > MaxFill)
        {
            Int128 finest = Int128.Min(MaxUnitsPerTick, MaxFill / Int128.Max(1, fillTicks));
            a = ((a * finest) + b - 1) / b;
            b = finest;
        }

        UnitsPerPermit = (long)a;
        UnitsPerTick = (long)b;
        Frequency = frequency;
        Fill = UnitsPerPermit * (shaped ? 1 : quota.Burst);
        MaxTicks = (1L << 61) / UnitsPerTick;
    }

    public RateQuota Quota { get; }

    /// <summary>Gets the most permits one request may take.</summary>
    public int Limit => Quota.Burst;

    /// <summary>Gets T in units.</summary>
    public long UnitsPerPermit { get; }

    public long UnitsPerTick { get; }

    /// <summary>Gets the clock ticks per second.</summary>
    public long Frequency { get; }

    /// <summary>Gets the units of a full bucket: the time in which it refills from empty.</summary>
    public long Fill { get; }

    /// <summary>Gets the ticks that are at most 2^61 units: in that time any bucket with any debt refills.</summary>
    public long MaxTicks { get; }

    /// <summary>Converts an amount of another rate's units to as many permits of this one, rounding up.</summary>
    public long Convert(long units, GcraRate from) =>
        (long)Int128.Min(MaxDebt + Fill, (((Int128)units * UnitsPerPermit) + from.UnitsPerPermit - 1) / from.UnitsPerPermit);

    /// <summary>Puts the decision about a cost together.</summary>
    /// <param name="isAcquired">Whether the cost was, or could be, taken.</param>
    /// <param name="credit">The units left, negative in debt.</param>
    /// <param name="missing">The units the credit was short of.</param>
    /// <param name="quotaIndex">The index of the quota.</param>
    public RateLimitDecision Decide(bool isAcquired, long credit, long missing, int quotaIndex = 0) =>
        new(isAcquired, Limit, credit, missing, Fill - credit, UnitsPerPermit, UnitsPerTick, Frequency, quotaIndex);

    private static Int128 GreatestCommonDivisor(Int128 a, Int128 b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }
}
