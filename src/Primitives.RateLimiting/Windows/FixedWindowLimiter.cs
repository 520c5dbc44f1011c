namespace Primitives;

/// <summary>Counts permits per window of time, as "1,000 a day, counted from midnight".</summary>
/// <remarks>
/// <para><b>Guarantee.</b> In each window at most the quota's permits are granted. Any interval as long as a window
/// touches two of them, and so may see up to <em>twice</em> the limit: all of one window at its end, all of the next at its
/// beginning. Where that matters, use a <see cref="SlidingWindowLogLimiter"/> or a bucket. A retry after exactly
/// <see cref="RateLimitDecision.RetryAfter"/> succeeds if no other caller came in between, and 100 ns earlier it fails.</para>
/// <para><b>Cost.</b> O(1), no allocation, one short lock and one clock reading.</para>
/// <para><b>Accuracy.</b> The period is rounded up to a whole clock tick.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// </remarks>
public sealed class FixedWindowLimiter : QuotaLimiter
{
    // Invariants: the window that begins at _start is not in the future, except by a clock that went back, which counts as
    // standing still; _count is what was taken in it, including what earlier windows owe beyond their limit. With
    // FirstUse and _count == 0 no window is open, and _start is when the last one ended.
    private readonly WindowAlignment _alignment;
    private RateQuota _quota;
    private long _period; // clock ticks
    private long _start;  // timestamp
    private long _count;
    private long _freshSince;

    /// <summary>Creates an unused limiter that lets nobody wait.</summary>
    /// <param name="quota">The limit and its period; without a burst.</param>
    /// <param name="alignment">Where windows begin.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The quota has a burst of its own, its period is more than <c>2^60</c> clock ticks
    /// (36 years at 1 GHz), or <paramref name="alignment"/> is none.</exception>
    public FixedWindowLimiter(RateQuota quota, WindowAlignment alignment = WindowAlignment.Clock, TimeProvider? timeProvider = null)
        : this(quota, alignment, LimiterQueue.None, timeProvider)
    {
    }

    /// <summary>Creates an unused limiter.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public FixedWindowLimiter(FixedWindowOptions options, TimeProvider? timeProvider = null)
        : this(LimiterOptions.Checked(options).ToQuota(), options.Alignment, options.ToQueue(), timeProvider)
    {
    }

    private FixedWindowLimiter(RateQuota quota, WindowAlignment alignment, LimiterQueue queue, TimeProvider? timeProvider)
        : base(queue, timeProvider)
    {
        if (!Enum.IsDefined(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "There is no such alignment.");
        }

        _alignment = alignment;
        _quota = Checked(quota);
        _period = ClockTicks.OfWindow(quota.Period, Clock.TimestampFrequency, nameof(quota));
        _freshSince = Clock.GetTimestamp();
        _start = StartOfWindow(quota, _freshSince);
    }

    /// <summary>Gets the quota in force.</summary>
    public RateQuota Quota => Volatile.Read(ref _quota);

    /// <inheritdoc/>
    public override int Limit => Quota.Permits;

    /// <summary>Takes permits whether or not they are there. What goes beyond the limit is owed by the windows that
    /// follow.</summary>
    /// <param name="permits">The permits. At least 1; may exceed <see cref="QuotaLimiter.Limit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or what is owed would take
    /// more than <c>2^60</c> clock ticks to pay off.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Consume(int permits) => ConsumeThroughLock(permits);

    /// <summary>Changes the quota. What was taken in the current window stays taken, in the window of the new period that
    /// now is part of: aligned anew, or as if first used now. What is owed beyond that stays owed in permits, up to as many
    /// as can be paid off in <c>2^60</c> clock ticks. Waiting callers for more than the new limit are refused.</summary>
    /// <param name="quota">The new quota; without a burst.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">As for the constructor; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reconfigure(RateQuota quota) =>
        Change(static (limiter, quota) => ((FixedWindowLimiter)limiter).ReconfigureLocked(quota), Checked(quota));

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision)
    {
        long now = AdvanceLocked();
        bool isAcquired = _count + permits <= Limit;
        if (isAcquired)
        {
            ChargeLocked(permits, now);
        }

        decision = DecideLocked(isAcquired, permits, now);
        return isAcquired;
    }

    private protected override RateLimitDecision PeekLocked(int permits)
    {
        long now = AdvanceLocked();
        return DecideLocked(_count + permits <= Limit, permits, now);
    }

    private protected override bool TryConsumeLocked(int permits)
    {
        long now = AdvanceLocked();
        long windows = (_count + permits) / Limit;
        if (windows > ClockTicks.Longest / _period)
        {
            return false;
        }

        ChargeLocked(permits, now);
        return true;
    }

    private protected override void RefundLocked(int permits)
    {
        long now = AdvanceLocked();
        if (_count > 0 && permits >= _count)
        {
            _freshSince = now;
        }

        _count = Math.Max(0, _count - permits);
    }

    private protected override void ResetLocked()
    {
        _freshSince = AdvanceLocked();
        _count = 0;
        _start = StartOfWindow(_quota, _freshSince);
    }

    private protected override TimeSpan? IdleLocked()
    {
        long now = AdvanceLocked();
        return _count > 0 ? null : ClockTicks.ToTimeSpan(Math.Max(0, now - _freshSince), Clock.TimestampFrequency);
    }

    private void ReconfigureLocked(RateQuota quota)
    {
        long now = AdvanceLocked();
        _period = ClockTicks.OfWindow(quota.Period, Clock.TimestampFrequency, nameof(quota));
        _start = StartOfWindow(quota, now);
        _count = (long)Int128.Min(_count, (Int128)quota.Permits * Math.Max(1, ClockTicks.Longest / _period));
        Volatile.Write(ref _quota, quota);
    }

    private void ChargeLocked(int permits, long now)
    {
        if (_count == 0 && _alignment == WindowAlignment.FirstUse)
        {
            _start = now;
        }

        _count += permits;
    }

    /// <summary>Opens the window that now is in, and gives the present.</summary>
    private long AdvanceLocked()
    {
        long now = Math.Max(Clock.GetTimestamp(), _start);
        long windows = (now - _start) / _period;
        if (windows > 0 && (_count > 0 || _alignment == WindowAlignment.Clock))
        {
            // Each window pays off one limit of what is owed. With FirstUse the next one opens when the debt ends.
            long paying = Math.Min(windows, (_count + Limit - 1) / Limit);
            _freshSince = _count > 0 ? _start + (paying * _period) : _freshSince;
            _count = paying < windows ? 0 : Math.Max(0, _count - (windows * Limit));
            _start += (_alignment == WindowAlignment.Clock ? windows : paying) * _period;
        }

        return now;
    }

    private RateLimitDecision DecideLocked(bool isAcquired, int permits, long now)
    {
        // Refused: the count is k limits smaller when k windows have ended: the least k with count + permits <= (k + 1) limits.
        long limit = Limit;
        long windows = isAcquired ? 0 : (_count + permits - 1) / limit;
        long toReset = _count == 0 ? 0 : _start + ((_count + limit - 1) / limit * _period) - now;
        return new(isAcquired, Limit, limit - _count, _start + (windows * _period) - now, toReset, 1, 1, Clock.TimestampFrequency);
    }

    private long StartOfWindow(RateQuota quota, long now)
    {
        if (_alignment == WindowAlignment.FirstUse)
        {
            return now;
        }

        // The wall clock is read once per alignment; how far into a window it is says when, by the timestamp, that began.
        long sinceEpoch = Clock.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks;
        long intoWindow = sinceEpoch % quota.Period.Ticks;
        long ticks = (long)((Int128)(intoWindow < 0 ? intoWindow + quota.Period.Ticks : intoWindow) * Clock.TimestampFrequency / TimeSpan.TicksPerSecond);
        return now - ticks;
    }

    private static RateQuota Checked(RateQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        return quota.WithoutBurst(nameof(quota));
    }
}
