namespace Primitives;

/// <summary>
/// The exact sliding window: remembers when each permit was taken, and never grants more than the limit in <em>any</em>
/// window.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> In any half-open interval as long as the period at most the quota's permits are granted,
/// wherever it begins, and a request is refused only if granting it would break that. A retry after exactly
/// <see cref="RateLimitDecision.RetryAfter"/> succeeds if no other caller came in between, and 100 ns earlier it fails.
/// Which permits a refund is for is not known: it gives back the oldest in the window, so that those that were used never
/// exceed the limit in any window, whichever they were.</para>
/// <para><b>Cost.</b> O(permits) amortised, no allocation, one short lock and one clock reading. Memory is 6 bytes per
/// permit of the limit for periods of less than <c>2^46</c> clock ticks (19 hours at 1 GHz), 8 beyond: the price of being
/// exact.</para>
/// <para><b>Accuracy.</b> The period is rounded up to a whole clock tick; a clock that goes back counts as standing
/// still.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// </remarks>
public sealed class SlidingWindowLogLimiter : QuotaLimiter
{
    // _log holds the time of each permit taken less than a period before _latest, oldest first; never more than the limit,
    // unless that was lowered since. _forgotten is the latest time of any that was let go of; the earliest there is, if none
    // was. It is less than a period ago only after the period grew.
    private RateQuota _quota;
    private TimestampRing _log;
    private long _period; // clock ticks
    private long _latest; // timestamp of the last call
    private long _forgotten = long.MinValue;
    private long _freshSince;

    /// <summary>Creates an unused limiter that lets nobody wait.</summary>
    /// <param name="quota">The limit and its period; without a burst.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The quota has a burst of its own, or its period is more than <c>2^60</c> clock ticks
    /// (36 years at 1 GHz), or there are more permits than an array can hold the times of.</exception>
    public SlidingWindowLogLimiter(RateQuota quota, TimeProvider? timeProvider = null)
        : this(quota, LimiterQueue.None, timeProvider)
    {
    }

    /// <summary>Creates an unused limiter.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public SlidingWindowLogLimiter(SlidingWindowLogOptions options, TimeProvider? timeProvider = null)
        : this(LimiterOptions.Checked(options).ToQuota(), options.ToQueue(), timeProvider)
    {
    }

    private SlidingWindowLogLimiter(RateQuota quota, LimiterQueue queue, TimeProvider? timeProvider)
        : base(queue, timeProvider)
    {
        (_quota, _period, _log) = Prepare(quota);
        _latest = _freshSince = Clock.GetTimestamp();
    }

    /// <summary>Gets the quota in force.</summary>
    public RateQuota Quota => Volatile.Read(ref _quota);

    /// <inheritdoc/>
    public override int Limit => Quota.Permits;

    /// <summary>Changes the quota. Permits taken within the new period stay taken. If the period grows, how many more there
    /// were that the log let go of already is not known: so nothing is granted, and no refund counts, until the last of those has left the
    /// new period, and the new bound holds at once. Waiting callers for more than the new limit are refused. After a limit was lowered, the
    /// memory is that of the permits still in the window, if those are more.</summary>
    /// <param name="quota">The new quota; without a burst.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">As for the constructor; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reconfigure(RateQuota quota) =>
        Change(static (limiter, prepared) => ((SlidingWindowLogLimiter)limiter).ReconfigureLocked(prepared), Prepare(quota));

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision)
    {
        long now = AdvanceLocked();
        bool isAcquired = FitsLocked(permits, now);
        if (isAcquired)
        {
            _log.Append(now, permits);
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
        if (_log.Count == 0 || IsBlockedLocked(now))
        {
            return; // it may be for what the log let go of, and is not to be taken from what it has
        }

        _freshSince = permits >= _log.Count ? now : _freshSince;
        _log.Forget(Math.Min(permits, _log.Count));
    }

    private protected override void ResetLocked()
    {
        AdvanceLocked();
        _log.Forget(_log.Count);
        _forgotten = long.MinValue;
        _freshSince = _latest;
    }

    private protected override TimeSpan? IdleLocked()
    {
        long now = AdvanceLocked();
        return _log.Count > 0 || IsBlockedLocked(now) ? null : ClockTicks.ToTimeSpan(now - _freshSince, Clock.TimestampFrequency);
    }

    private void ReconfigureLocked((RateQuota Quota, long Period, TimestampRing Log) prepared)
    {
        long now = AdvanceLocked();
        int first = 0;
        while (first < _log.Count && _log.OldestAge(now, first) >= prepared.Period)
        {
            _forgotten = now - _log.OldestAge(now, first);
            first++;
        }

        int kept = _log.Count - first;
        TimestampRing log = kept <= prepared.Log.Capacity ? prepared.Log : new TimestampRing(kept, prepared.Period);
        for (int i = first; i < _log.Count; i++)
        {
            log.Append(now - _log.OldestAge(now, i), 1);
        }

        _log = log;
        _period = prepared.Period;
        _freshSince = Math.Max(now, _forgotten + _period);
        Volatile.Write(ref _quota, prepared.Quota);
    }

    /// <summary>Lets go of the permits that left the window, and gives the present.</summary>
    private long AdvanceLocked()
    {
        long previous = _latest;
        long now = _latest = Math.Max(previous, Clock.GetTimestamp());
        if (_log.Count == 0)
        {
            return now;
        }

        long newest = previous - _log.OldestAge(previous, _log.Count - 1);
        if (now - newest >= _period)
        {
            _log.Forget(_log.Count); // all of them, however long ago: ages beyond the ring's range are not asked for
            _forgotten = newest;
            _freshSince = newest + _period;
            return now;
        }

        for (long age = _log.OldestAge(now, 0); age >= _period; age = _log.OldestAge(now, 0))
        {
            _forgotten = now - age;
            _log.Forget(1);
        }

        return now;
    }

    private bool IsBlockedLocked(long now) => _forgotten > now - _period;

    private bool FitsLocked(int permits, long now) => _log.Count + permits <= Limit && !IsBlockedLocked(now);

    private RateLimitDecision DecideLocked(bool isAcquired, int permits, long now)
    {
        int limit = Limit;
        int count = _log.Count;
        int tooMany = count + permits - limit;
        bool isBlocked = IsBlockedLocked(now);
        long blocked = isBlocked ? _forgotten + _period - now : 0;
        long retry = isAcquired ? 0 : Math.Max(blocked, tooMany > 0 ? _period - _log.OldestAge(now, tooMany - 1) : 0);
        long reset = Math.Max(blocked, count == 0 ? 0 : _period - _log.OldestAge(now, count - 1));
        return new(isAcquired, limit, isBlocked ? 0 : limit - count, retry, reset, 1, 1, Clock.TimestampFrequency);
    }

    private (RateQuota Quota, long Period, TimestampRing Log) Prepare(RateQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        long period = ClockTicks.OfWindow(quota.WithoutBurst(nameof(quota)).Period, Clock.TimestampFrequency, nameof(quota));
        return (quota, period, new TimestampRing(quota.Permits, period));
    }
}
