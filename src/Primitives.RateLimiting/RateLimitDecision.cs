using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>What a limiter decided, and how things stand: a value on the stack, whose numbers are only worked out when
/// asked for.</summary>
/// <remarks>Immutable. The numbers are those of the moment of the decision, with one exception: a refusal by a
/// <see cref="TokenBucketLimiter"/> with the system clock, of which it is certain without reading that clock that it holds
/// for a while (1/32 s), is told without. Its numbers are those of the moment they are asked for, as exact, and count
/// down.</remarks>
[DebuggerDisplay("IsAcquired = {IsAcquired}, {Remaining}/{Limit}, RetryAfter = {RetryAfter}")]
public readonly struct RateLimitDecision
{
    // Kept raw, because the divisions below cost as much as the decision itself: a permit is _unitsPerPermit units, a clock
    // tick _unitsPerTick of them.
    private readonly long _remainingUnits;
    private readonly long _retryUnits;
    private readonly long _resetUnits;
    private readonly long _unitsPerPermit;
    private readonly long _unitsPerTick;
    private readonly long _frequency; // clock ticks per second

    // Not null if the numbers are those at an earlier timestamp and the time since has still to be reckoned in.
    private readonly TimeProvider? _clock;
    private readonly long _asOf;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // or the numbers are copied twice
    internal RateLimitDecision(
        bool isAcquired, int limit, long remainingUnits, long retryUnits, long resetUnits, long unitsPerPermit, long unitsPerTick, long frequency, int quotaIndex = 0, TimeProvider? clock = null, long asOf = 0)
    {
        IsAcquired = isAcquired;
        Limit = limit;
        QuotaIndex = quotaIndex;
        _remainingUnits = remainingUnits;
        _retryUnits = retryUnits;
        _resetUnits = resetUnits;
        _unitsPerPermit = unitsPerPermit;
        _unitsPerTick = unitsPerTick;
        _frequency = frequency;
        _clock = clock;
        _asOf = asOf;
    }

    /// <summary>Gets whether the permits were taken or, from a peek, could have been.</summary>
    public bool IsAcquired { get; }

    /// <summary>Gets the most permits one call could ever take: the limit of a window, the burst of a bucket.</summary>
    public int Limit { get; }

    /// <summary>Gets the index, in a limiter of several quotas, of the one these numbers are of: of those that refused, the
    /// one that refuses longest; if none did, the one with the fewest permits left. Otherwise 0.</summary>
    public int QuotaIndex { get; }

    /// <summary>Gets the whole permits left after this decision. Advisory: another thread may take them first.</summary>
    public long Remaining
    {
        get
        {
            long units = _remainingUnits + Elapsed;
            return units <= 0 ? 0 : units / _unitsPerPermit;
        }
    }

    /// <summary>Gets the time after which the same request would be granted if no other took permits in between. After
    /// exactly this time it is; 100 ns earlier it is not.</summary>
    /// <value><see cref="TimeSpan.Zero"/> if the permits were acquired, or that time has come; otherwise rounded up to
    /// 100 ns.</value>
    public TimeSpan RetryAfter => IsAcquired ? TimeSpan.Zero : ToTimeSpan(_retryUnits - Elapsed);

    /// <summary>Gets the time after which the limiter would be as if it had never been used, if nobody used it in between.</summary>
    /// <value>Rounded up to 100 ns.</value>
    public TimeSpan ResetAfter => ToTimeSpan(_resetUnits - Elapsed);

    /// <summary>Gets the units that passed since the numbers were right, until there is nothing left to change.</summary>
    private long Elapsed => _clock is null ? 0 : (long)Int128.Clamp(((Int128)_clock.GetTimestamp() - _asOf) * _unitsPerTick, 0, _resetUnits);

    internal RateLimitDecision As(bool isAcquired) =>
        new(isAcquired, Limit, _remainingUnits, isAcquired ? 0 : Math.Max(1, _retryUnits), _resetUnits, _unitsPerPermit, _unitsPerTick, _frequency, QuotaIndex);

    /// <summary>Orders the decisions of several quotas about one request by which to report: refusals before grants, then
    /// the longer wait, or the fewer permits left.</summary>
    internal bool IsTighterThan(in RateLimitDecision other) =>
        IsAcquired != other.IsAcquired ? other.IsAcquired
        : IsAcquired ? Remaining < other.Remaining
        : RetryAfter > other.RetryAfter;

    private TimeSpan ToTimeSpan(long units)
    {
        if (units <= 0)
        {
            return TimeSpan.Zero;
        }

        // Up to a whole clock tick first: no clock shows anything in between.
        Int128 ticks = ((Int128)units + _unitsPerTick - 1) / _unitsPerTick;
        Int128 span = ((ticks * TimeSpan.TicksPerSecond) + _frequency - 1) / _frequency;
        return span > long.MaxValue ? TimeSpan.MaxValue : new TimeSpan((long)span);
    }
}
