using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// A leaky bucket as a queue, or shaper: lets permits out evenly, one every <c>Period / Permits</c>, and saves none up for
/// a burst.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> After a grant of <c>n</c> permits the next comes at least <c>n · Period / Permits</c> later, by
/// the limiter's clock. So any interval of length <c>w</c> sees at most <c>1 + w · Permits / Period</c> permits granted one
/// at a time. Callers of <c>AcquireAsync</c> wait for their turn, as many as
/// <see cref="LimiterOptions.QueueLimit"/> allows, so the longest delay is <c>QueueLimit · Period / Permits</c>.</para>
/// <para><b>Cost.</b> O(1), no allocation, one short lock and one clock reading. One timer while callers wait.</para>
/// <para><b>Accuracy.</b> The spacing is never shorter than asked for; where a timer is late, by a millisecond or so, the
/// spacing is longer by as much, and the slots that passed are not made up for. Above some hundred permits a second use
/// <see cref="TryReserve"/> and your own pacing, or a token bucket. Rounding is that of <see cref="TokenBucketLimiter"/>.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// <para><b>Source.</b> Turner, <i>New Directions in Communications</i>, IEEE Communications Magazine, 1986; with one
/// permit of burst the Generic Cell Rate Algorithm is this.</para>
/// </remarks>
public sealed class LeakyBucketLimiter : QuotaLimiter
{
    // A bucket that holds one permit's worth: full means that a slot is free now, and a grant of n leaves it n - 1 in debt.
    private GcraRate _rate;
    private Bucket _bucket;

    /// <summary>Creates a shaper whose first slot is now, and that lets nobody wait.</summary>
    /// <param name="quota">The permits per period; without a burst.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The quota has a burst of its own, or its period is more than <c>2^58</c> clock
    /// ticks.</exception>
    public LeakyBucketLimiter(RateQuota quota, TimeProvider? timeProvider = null)
        : this(quota, LimiterQueue.None, timeProvider)
    {
    }

    /// <summary>Creates a shaper whose first slot is now.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public LeakyBucketLimiter(LeakyBucketOptions options, TimeProvider? timeProvider = null)
        : this(LimiterOptions.Checked(options).ToQuota(), options.ToQueue(), timeProvider)
    {
    }

    private LeakyBucketLimiter(RateQuota quota, LimiterQueue queue, TimeProvider? timeProvider)
        : base(queue, timeProvider)
    {
        _rate = ToRate(quota);
        _bucket = Bucket.Full(_rate, Clock.GetTimestamp());
    }

    /// <summary>Gets the quota in force.</summary>
    public RateQuota Quota => Volatile.Read(ref _rate).Quota;

    /// <inheritdoc/>
    /// <value>The quota's permits.</value>
    public override int Limit => Volatile.Read(ref _rate).Limit;

    /// <summary>Books the next slot, so that the caller can come back when its time has come.</summary>
    /// <param name="permits">The permits. From 1 to <see cref="QuotaLimiter.Limit"/>.</param>
    /// <param name="maxDelay">The longest acceptable <see cref="RateLimitReservation.Delay"/>. Not negative.</param>
    /// <param name="reservation">The reservation, charged already, if the result is <see langword="true"/>.</param>
    /// <returns><see langword="false"/>, with nothing taken, if the delay would be longer, others wait, or as much is booked
    /// already as <see cref="Consume"/> can owe.</returns>
    /// <remarks>Cancelling moves up the slots booked from then on, not those booked before; spacing stays at least what was
    /// asked for between those kept only if the last one booked is cancelled first.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive or more than could ever be
    /// granted, or <paramref name="maxDelay"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool TryReserve(int permits, TimeSpan maxDelay, [NotNullWhen(true)] out RateLimitReservation? reservation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDelay, TimeSpan.Zero);
        return TryReserveThroughLock(permits, maxDelay, out reservation);
    }

    /// <summary>Takes slots whether or not they are free, so that all later ones move back.</summary>
    /// <param name="permits">The permits. At least 1; may exceed <see cref="QuotaLimiter.Limit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or the last slot would be
    /// more than <c>2^60</c> units of the clock away, 5 hours to 36 years depending on the quota.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Consume(int permits) => ConsumeThroughLock(permits);

    /// <summary>Changes the quota. Slots that are taken stay taken, as many as before, at the new spacing. Waiting callers
    /// for more than the new permits are refused.</summary>
    /// <param name="quota">The new quota; without a burst.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">As for the constructor; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reconfigure(RateQuota quota) =>
        Change(static (limiter, rate) => ((LeakyBucketLimiter)limiter).ReconfigureLocked(rate), ToRate(quota));

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision)
    {
        _bucket.Advance(_rate, Clock.GetTimestamp());
        long missing = _rate.Fill - _bucket.Credit;
        if (missing == 0)
        {
            _bucket.Credit -= permits * _rate.UnitsPerPermit;
        }

        decision = _rate.Decide(missing == 0, _bucket.Credit, missing);
        return missing == 0;
    }

    private protected override RateLimitDecision PeekLocked(int permits)
    {
        Bucket bucket = _bucket;
        bucket.Advance(_rate, Clock.GetTimestamp());
        long missing = _rate.Fill - bucket.Credit;
        return _rate.Decide(missing == 0, bucket.Credit, missing);
    }

    private protected override RateLimitDecision PeekBehindLocked(int permits, long waitingPermits)
    {
        Bucket bucket = _bucket;
        bucket.Advance(_rate, Clock.GetTimestamp());
        Int128 missing = _rate.Fill - bucket.Credit + ((Int128)waitingPermits * _rate.UnitsPerPermit); // each has its turn first
        return _rate.Decide(isAcquired: false, bucket.Credit, (long)Int128.Clamp(missing, 1, long.MaxValue));
    }

    private protected override bool TryConsumeLocked(int permits)
    {
        _bucket.Advance(_rate, Clock.GetTimestamp());
        return _bucket.TryCharge(_rate, permits);
    }

    private protected override void RefundLocked(int permits)
    {
        _bucket.Advance(_rate, Clock.GetTimestamp());
        _bucket.Refund(_rate, permits);
    }

    private protected override void ResetLocked()
    {
        _bucket.Advance(_rate, Clock.GetTimestamp());
        _bucket.Credit = _rate.Fill;
    }

    private protected override TimeSpan? IdleLocked() => _bucket.Idle(_rate, Clock);

    private void ReconfigureLocked(GcraRate rate)
    {
        _bucket.Advance(_rate, Clock.GetTimestamp());
        _bucket.Convert(_rate, rate);
        _rate = rate;
    }

    private GcraRate ToRate(RateQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        return new GcraRate(quota.WithoutBurst(nameof(quota)), Clock.TimestampFrequency, nameof(quota), shaped: true);
    }
}
