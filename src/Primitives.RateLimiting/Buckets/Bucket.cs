namespace Primitives;

/// <summary>A bucket for one thread at a time: the credit at an instant.</summary>
/// <remarks>Invariants: <c>-MaxDebt &lt;= Credit &lt;= Fill</c>; <see cref="At"/> never goes back, so a clock that does
/// adds nothing until it has caught up.</remarks>
internal struct Bucket
{
    /// <summary>In units of the rate; negative in debt.</summary>
    public long Credit;

    /// <summary>The timestamp up to which permits have accrued.</summary>
    public long At;

    public static Bucket Full(GcraRate rate, long now) => new() { Credit = rate.Fill, At = now };

    public void Advance(GcraRate rate, long now)
    {
        long ticks = now - At;
        if (ticks <= 0)
        {
            return;
        }

        At = now;
        Credit = ticks > rate.MaxTicks ? rate.Fill : Math.Min(rate.Fill, Credit + (ticks * rate.UnitsPerTick));
    }

    /// <summary>Takes permits that may not be there.</summary>
    /// <returns><see langword="false"/>, with nothing taken, if the debt would pass 2^60 units.</returns>
    public bool TryCharge(GcraRate rate, int permits)
    {
        long cost = rate.UnitsPerPermit > GcraRate.MaxDebt / permits ? long.MaxValue : rate.UnitsPerPermit * permits;
        if (cost > Credit + GcraRate.MaxDebt)
        {
            return false;
        }

        Credit -= cost;
        return true;
    }

    public void Refund(GcraRate rate, int permits)
    {
        long amount = rate.UnitsPerPermit > (GcraRate.MaxDebt + rate.Fill) / permits ? rate.Fill - Credit : rate.UnitsPerPermit * permits;
        Credit = Math.Min(rate.Fill - Credit, amount) + Credit;
    }

    /// <summary>Tells for how long the bucket has been full.</summary>
    public readonly TimeSpan? Idle(GcraRate rate, TimeProvider clock)
    {
        long ticksToFill = (rate.Fill - Credit + rate.UnitsPerTick - 1) / rate.UnitsPerTick;
        long idle = clock.GetTimestamp() - At - ticksToFill;
        return idle < 0 ? null : ClockTicks.ToTimeSpan(idle, clock.TimestampFrequency);
    }

    /// <summary>Keeps what is owed, in permits, under another rate.</summary>
    public void Convert(GcraRate from, GcraRate to) => Credit = to.Fill - to.Convert(from.Fill - Credit, from);
}
