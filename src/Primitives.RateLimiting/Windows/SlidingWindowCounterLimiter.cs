namespace Primitives;

/// <summary>
/// The sliding window of two counters: estimates the last period's count from the current window and the share of the one
/// before that still overlaps, as if its permits had been taken evenly.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> The estimate <c>previous · (1 - f) + current</c>, where <c>f</c> is the elapsed part of the
/// current window, never exceeds the limit. The true count of any interval as long as the period may, if the permits of a
/// window were taken at its end: it is at most <c>limit + previous · f</c>, and always less than <em>twice</em> the limit.
/// If they were taken at its beginning, up to <c>previous · (1 - f)</c> permits are withheld. A retry after exactly
/// <see cref="RateLimitDecision.RetryAfter"/> succeeds if no other caller came in between, and 100 ns earlier it fails.</para>
/// <para><b>Cost.</b> O(1), no allocation, one short lock and one clock reading, two counters.</para>
/// <para><b>Accuracy.</b> The estimate is compared exactly, in integers. The period is rounded up to a whole clock tick.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// </remarks>
public sealed class SlidingWindowCounterLimiter : QuotaLimiter
{
    // _current was taken in the window that begins at _start, _previous in the one before.
    private RateQuota _quota;
    private long _period; // clock ticks
    private long _start;  // timestamp; in the future only by a clock that went back, which counts as standing still
    private long _current;
    private long _previous;
    private long _freshSince;

    /// <summary>Creates an unused limiter that lets nobody wait.</summary>
    /// <param name="quota">The limit and its period; without a burst.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The quota has a burst of its own, or its period is more than <c>2^60</c> clock ticks
    /// (36 years at 1 GHz).</exception>
    public SlidingWindowCounterLimiter(RateQuota quota, TimeProvider? timeProvider = null)
        : this(quota, LimiterQueue.None, timeProvider)
    {
    }

    /// <summary>Creates an unused limiter.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public SlidingWindowCounterLimiter(SlidingWindowCounterOptions options, TimeProvider? timeProvider = null)
        : this(LimiterOptions.Checked(options).ToQuota(), options.ToQueue(), timeProvider)
    {
    }

    private SlidingWindowCounterLimiter(RateQuota quota, LimiterQueue queue, TimeProvider? timeProvider)
        : base(queue, timeProvider)
    {
        (_quota, _period) = Prepare(quota);
        _start = _freshSince = Clock.GetTimestamp();
    }

    /// <summary>Gets the quota in force.</summary>
    public RateQuota Quota => Volatile.Read(ref _quota);

    /// <inheritdoc/>
    public override int Limit => Quota.Permits;

    /// <summary>Changes the quota. The estimate at this moment, rounded up, stays taken: a window of the new period begins
    /// with it. Waiting callers for more than the new limit are refused.</summary>
    /// <param name="quota">The new quota; without a burst.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">As for the constructor; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reconfigure(RateQuota quota) =>
        Change(static (limiter, prepared) => ((SlidingWindowCounterLimiter)limiter).ReconfigureLocked(prepared), Prepare(quota));

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision)
    {
        long now = AdvanceLocked();
        bool isAcquired = FitsLocked(permits, now);
        if (isAcquired)
        {
            _current += permits;
        }

        decision = DecideLocked(isAcquired, permits, now);
        return isAcquired;
    }

    private protected override RateLimitDecision PeekLocked(int permits)
    {
        long now = AdvanceLocked();
        return DecideLocked(FitsLocked(permits, now), permits, now);
    }

    private protected override void RefundLocked(int permits)
    {
        long now = AdvanceLocked();
        if (_current + _previous > 0 && permits >= _current + _previous)
        {
            _freshSince = now;
        }

        long fromCurrent = Math.Min(permits, _current);
        _current -= fromCurrent;
        _previous -= Math.Min(permits - fromCurrent, _previous);
    }

    private protected override void ResetLocked()
    {
        _start = _freshSince = AdvanceLocked();
        _current = _previous = 0;
    }

    private protected override TimeSpan? IdleLocked()
    {
        long now = AdvanceLocked();
        return _current + _previous > 0 ? null : ClockTicks.ToTimeSpan(now - _freshSince, Clock.TimestampFrequency);
    }

    private void ReconfigureLocked((RateQuota Quota, long Period) prepared)
    {
        long now = AdvanceLocked();
        _current = (long)((WeightedLocked(now) + _period - 1) / _period);
        _previous = 0;
        _start = now;
        _period = prepared.Period;
        Volatile.Write(ref _quota, prepared.Quota);
    }

    /// <summary>Opens the window that now is in, and gives the present.</summary>
    private long AdvanceLocked()
    {
        long now = Math.Max(Clock.GetTimestamp(), _start);
        long windows = (now - _start) / _period;
        if (windows > 0)
        {
            if (_current + _previous > 0)
            {
                _freshSince = _start + ((_current > 0 ? 2 : 1) * _period);
            }

            _previous = windows == 1 ? _current : 0;
            _current = 0;
            _start += windows * _period;
        }

        return now;
    }

    /// <summary>Gives the estimate times the period.</summary>
    private Int128 WeightedLocked(long now) => ((Int128)_previous * (_start + _period - now)) + ((Int128)_current * _period);

    private bool FitsLocked(int permits, long now) =>
        WeightedLocked(now) + ((Int128)permits * _period) <= (Int128)Limit * _period;

    private RateLimitDecision DecideLocked(bool isAcquired, int permits, long now)
    {
        Int128 left = ((Int128)Limit * _period) - WeightedLocked(now);
        long reset = _current > 0 ? _start + (2 * _period) - now : _previous > 0 ? _start + _period - now : 0;
        return new(
            isAcquired, Limit, (long)Int128.Max(0, left / _period), isAcquired ? 0 : WaitLocked(permits) - now, reset, 1, 1, Clock.TimestampFrequency);
    }

    /// <summary>Gives the first instant at which the estimate leaves room.</summary>
    private long WaitLocked(int permits)
    {
        // In the current window: previous · (period - e) <= (limit - current - permits) · period, solved for the elapsed e.
        // If there is no room even without the previous window, the same in the next one, where current is previous.
        (long start, long previous, long room) = _current + permits <= Limit
            ? (_start, _previous, Limit - _current - permits)
            : (_start + _period, _current, Limit - permits);
        return start + Math.Max(0, _period - (long)Int128.Min(_period, (Int128)room * _period / previous));
    }

    private (RateQuota Quota, long Period) Prepare(RateQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        return (quota.WithoutBurst(nameof(quota)), ClockTicks.OfWindow(quota.Period, Clock.TimestampFrequency, nameof(quota)));
    }
}
