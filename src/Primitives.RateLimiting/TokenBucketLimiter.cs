using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>
/// A lock-free token bucket: admits bursts of up to <see cref="QuotaLimiter.Limit"/> permits and, over the long run, the
/// quota's permits per period.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> In any interval of length <c>w</c> at most <c>Burst + w · Permits / Period</c> permits are
/// granted. The bucket starts full. A retry after exactly <see cref="RateLimitDecision.RetryAfter"/> succeeds if no other
/// caller came in between, and one 100 ns earlier it fails.</para>
/// <para><b>Cost.</b> O(1), no allocation, one compare-and-swap, retried only when another thread took permits in between.
/// There is no timer and no refill. With <see cref="TimeProvider.System"/> a grant reads the operating system's coarse
/// clock, a quarter of the cost of a precise one, and so does a refusal that holds for more than 1/32 s. The precise clock
/// is read when the coarse one has moved on, every 1 to 16 milliseconds, and before every other refusal.</para>
/// <para><b>Accuracy.</b> Nothing is rounded if <c>Permits</c>, divided by what it has in common with the clock ticks of
/// a period, is at most 65,536; otherwise the rate falls short of the quota by a relative error of at most
/// <c>1 / (65,536 · ticks per permit)</c>, 5·10<sup>-6</sup> at 300 million per second. Grants made on the coarse clock are
/// charged as of the latest they can have been made, at most 1/32 s late: so a bucket that was full is full again up to
/// 1/32 s later than by a precise clock, and never earlier. That trusts the operating system not to leave its coarse clock
/// standing for longer while threads run; should it, a full bucket may grant what accrues in the excess, once.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads. Statistics count permits
/// instead of leases where leases would cost an atomic operation more; with a precise clock, colliding threads may count
/// as one.</para>
/// <para><b>Source.</b> Generic Cell Rate Algorithm, ITU-T Recommendation I.371, in the form that stores one instant.</para>
/// </remarks>
/// <example>
/// <code>
/// using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(100) with { Burst = 20 });
/// if (!limiter.TryAcquire(1, out RateLimitDecision decision))
/// {
///     return TooManyRequests(decision.RetryAfter);
/// }
/// </code>
/// </example>
public sealed class TokenBucketLimiter : QuotaLimiter
{
    // The state is one instant, EmptyAt: credit(now) = min(Fill, now - EmptyAt), all in the
    // rate's units since the state's base. A grant of cost c at time now is the swap
    //
    //     EmptyAt := max(EmptyAt, now - Fill) + c,  allowed if that is <= now.
    //
    // By a precise clock every caller reads the clock and swaps. A caller that stalls between the two acts on an older
    // time within its own call, which is as good as having called then.
    //
    // At a reading callers decide at the last precise reading, ReadAt, for as long as the coarse clock shows what it showed
    // just before. ReadAt is never later than now, so that whatever is granted at it is there. What has to be made good is
    // the discarding of permits that overflow a full bucket, max(.., now - Fill): the grants happened at unknown times after
    // ReadAt; but not later than ReadAt + Lag, Lag being longer than a coarse clock shows one value. So when the precise
    // clock is read next, at Q, they count as made at L = min(Q, ReadAt + Lag), the latest they can have been: had their
    // cost F been charged then, the bucket would be empty at max(E, L - Fill) + F, where E is EmptyAtReading and
    // F = EmptyAt - E. That is EmptyAt + max(0, L - Fill - E); and it is never earlier than the truth, because charging a
    // grant later discards more before it. So the bound holds for real time. And if the bucket is not full before
    // ReadAt + Lag, nothing is added: then it is the truth, and a precise clock would have changed nothing. This is why a
    // bucket that is asked to be precise is kept by readings, too, while it is far from full.
    //
    // A refusal at a reading is certain if the permits are not there before ReadAt + Lag.
    //
    // Invariants:
    //   I1  EmptyAt >= ReadAt - Fill, and EmptyAt >= EmptyAtReading, unless ReadAt is NoReading.
    //   I2  ReadAt is a reading of the precise clock that was finished before anyone could see it, and CoarseReading one of
    //       the coarse clock from before that.
    //   I3  Everything but a grant is done with EmptyAt withdrawn, under the base class's lock, and if there is a coarse
    //       clock the precise one is read after withdrawing: so no grant decided at the old ReadAt can come after Q.
    //   I4  A swap succeeds only on the value it read. If ReadAt changed meanwhile and EmptyAt came to the same value, a
    //       grant at the old ReadAt, which allows less, is allowed now; and when that value was put there, or kept, it was
    //       exact, at a time within this call, which the grant may count as made at.

    /// <summary>Larger than any instant, so that every swap of a caller that did not look fails its own test.</summary>
    internal const long Withdrawn = 1L << 62;

    /// <summary>Instead of a reading: less than any instant, so that nothing can be granted at it.</summary>
    internal const long NoReading = long.MinValue;

    /// <summary>1/32 s, twice the coarsest step there is, that of Windows.</summary>
    private const int LagsPerSecond = 32;

    /// <summary>A bucket that is to be precise is kept by readings while it is at least a second from full, and at least
    /// two to begin with: the coarse clock would have to stand still for that long to be noticed.</summary>
    private const int LagsFromFull = LagsPerSecond;

    /// <summary>How long to leave the word to the thread that was faster: while it keeps the cache line, its grants cost a
    /// fraction of what they cost when the line goes back and forth with every one.</summary>
    private const int Backoff = 10;

    private readonly Func<long>? _coarseClock; // null: the operating system's
    private readonly bool _hasCoarse;
    private readonly bool _isPrecise; // whether a full bucket is to be charged by the precise clock
    private BucketState _state;
    private long _swapped; // permits granted by swaps that were counted so far; under the lock

    /// <summary>Creates a full bucket that lets nobody wait.</summary>
    /// <param name="quota">The permits per period, and the burst.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>. Only its
    /// monotonic timestamp is read, so wall-clock changes have no effect.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Filling the bucket would take more than <c>2^58</c> clock ticks (9
    /// years at 1 GHz).</exception>
    public TokenBucketLimiter(RateQuota quota, TimeProvider? timeProvider = null)
        : this(quota, LimiterQueue.None, timeProvider, isPrecise: false, null)
    {
    }

    /// <summary>Creates a full bucket.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider"><inheritdoc cref="TokenBucketLimiter(RateQuota, TimeProvider?)" path="/param[@name='timeProvider']"/></param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public TokenBucketLimiter(TokenBucketOptions options, TimeProvider? timeProvider = null)
        : this(LimiterOptions.Checked(options).ToQuota(), options.ToQueue(), timeProvider, options.PreciseClock, null)
    {
    }

    /// <summary>Lets a test say what the coarse clock shows.</summary>
    internal TokenBucketLimiter(RateQuota quota, TimeProvider timeProvider, Func<long> coarseClock, bool isPrecise = false)
        : this(quota, LimiterQueue.None, timeProvider, isPrecise, coarseClock)
    {
    }

    private TokenBucketLimiter(RateQuota quota, LimiterQueue queue, TimeProvider? timeProvider, bool isPrecise, Func<long>? coarseClock)
        : base(queue, timeProvider)
    {
        ArgumentNullException.ThrowIfNull(quota);

        _hasCoarse = coarseClock is not null || Clock == TimeProvider.System;
        _isPrecise = isPrecise || !_hasCoarse;
        _coarseClock = coarseClock;
        var rate = new GcraRate(quota, Clock.TimestampFrequency, nameof(quota));
        long coarse = _hasCoarse ? ReadCoarse() : 0;
        _state = new BucketState(rate, Clock.GetTimestamp(), LagOf(rate));
        RestoreLocked(new Held(_state, -rate.Fill, false, 0, coarse), -rate.Fill);
    }

    /// <summary>Gets the quota in force.</summary>
    public RateQuota Quota => Volatile.Read(ref _state).Rate.Quota;

    /// <inheritdoc/>
    public override int Limit => Volatile.Read(ref _state).Limit;

    private protected override long GrantedLeases => base.GrantedLeases + _swapped + Volatile.Read(ref _state.Words.Granted);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // so that who does not look at the decision does not pay for it
    public override bool TryAcquire(int permits, out RateLimitDecision decision)
    {
        BucketState state = Volatile.Read(ref _state);
        long left = TakeAtReading(state, permits);
        if (left >= 0)
        {
            decision = new RateLimitDecision(true, state.Limit, left, 0, state.Fill - left, state.UnitsPerPermit, state.UnitsPerTick, state.Frequency);
            return true;
        }

        // By way of a local of its own: the caller's, inlined, would have to be in memory for the sake of this line.
        bool isAcquired = TryAcquireOtherwise(state, permits, out RateLimitDecision other);
        decision = other;
        return isAcquired;
    }

    /// <summary>Books permits ahead of their time, so that the caller can come back when it has.</summary>
    /// <param name="permits">The permits. From 1 to <see cref="QuotaLimiter.Limit"/>.</param>
    /// <param name="maxDelay">The longest acceptable <see cref="RateLimitReservation.Delay"/>. Not negative.</param>
    /// <param name="reservation">The reservation, charged already, if the result is <see langword="true"/>.</param>
    /// <returns><see langword="false"/>, with nothing taken, if the delay would be longer, others wait, or as much is booked
    /// already as <see cref="Consume"/> can owe.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive or more than could ever be
    /// granted, or <paramref name="maxDelay"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool TryReserve(int permits, TimeSpan maxDelay, [NotNullWhen(true)] out RateLimitReservation? reservation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDelay, TimeSpan.Zero);
        return TryReserveThroughLock(permits, maxDelay, out reservation);
    }

    /// <summary>Takes permits whether or not they are there: what a request turned out to cost after it was admitted. The
    /// debt is paid off by what accrues, before anything is granted again.</summary>
    /// <param name="permits">The permits. At least 1; may exceed <see cref="QuotaLimiter.Limit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or the debt would need
    /// more than <c>2^60</c> units of the clock, 5 hours to 36 years depending on the quota, to pay off.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Consume(int permits) => ConsumeThroughLock(permits);

    /// <summary>Changes the quota. What was taken and has not been replenished stays taken, in permits: with 100 of burst
    /// and 30 left, a change to a burst of 200 leaves 130, and one to 50 leaves a debt of 20. Waiting callers for more than
    /// the new burst are refused.</summary>
    /// <param name="quota">The new quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quota"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As for the constructor; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reconfigure(RateQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        Change(
            static (limiter, rate) => ((TokenBucketLimiter)limiter).ReconfigureLocked(rate),
            new GcraRate(quota, Clock.TimestampFrequency, nameof(quota)));
    }

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) =>
        permitCount > 0 && TakeAtReading(Volatile.Read(ref _state), permitCount) >= 0 ? GrantedLease.Shared : base.AttemptAcquireCore(permitCount);

    private protected override bool TryTakeWithoutLock(int permits)
    {
        BucketState state = Volatile.Read(ref _state);
        return TakeAtReading(state, permits) >= 0 || TakeNow(state, permits) >= 0;
    }

    /// <summary>Takes permits at the last reading of the precise clock, if the coarse one has not moved since.</summary>
    /// <returns>The credit left; negative if nothing was taken.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long TakeAtReading(BucketState state, int permits)
    {
        // Whatever else there is to ask comes before the clock: few values are then kept across the call.
        if ((uint)(permits - 1) >= (uint)state.Limit || IsGated
            || Volatile.Read(ref state.Words.EmptyAt) >= Volatile.Read(ref state.Words.ReadAt)
            || ReadCoarse() != Volatile.Read(ref state.Words.CoarseReading))
        {
            return -1;
        }

        long now = Volatile.Read(ref state.Words.ReadAt);
        long next = Volatile.Read(ref state.Words.EmptyAt) + (permits * state.UnitsPerPermit); // by I1 nothing overflows
        if (next > now)
        {
            return -1;
        }

        // Publishes the charge. A stale ReadAt is earlier, so it allows less (I4). Linearization point.
        long previous = Interlocked.CompareExchange(ref state.Words.EmptyAt, next, next - (permits * state.UnitsPerPermit));
        return previous == next - (permits * state.UnitsPerPermit) ? now - next : TakeContended(state, permits, now, previous);
    }

    /// <summary>Goes on where another thread was faster.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long TakeContended(BucketState state, int permits, long now, long observed)
    {
        while (true)
        {
            Thread.SpinWait(Backoff);
            long next = observed + (permits * state.UnitsPerPermit);
            if (next > now)
            {
                return -1;
            }

            long previous = Interlocked.CompareExchange(ref state.Words.EmptyAt, next, observed); // as above
            if (previous == observed)
            {
                return now - next;
            }

            observed = previous;
        }
    }

    /// <summary>Takes permits at a precise reading of this call's own, if there is no common one.</summary>
    /// <returns>The credit left; negative if nothing was taken.</returns>
    private long TakeNow(BucketState state, int permits)
    {
        if ((uint)(permits - 1) >= (uint)state.Limit || IsGated || Volatile.Read(ref state.Words.ReadAt) != NoReading)
        {
            return -1;
        }

        long ticks = Clock.GetTimestamp() - state.BaseTimestamp;
        if ((ulong)ticks > (ulong)state.MaxTicks)
        {
            return -1; // time to count from a new base
        }

        long now = ticks * state.UnitsPerTick;
        long cost = permits * state.UnitsPerPermit;
        long observed = Volatile.Read(ref state.Words.EmptyAt);
        while (true)
        {
            long next = Math.Max(observed, now - state.Fill) + cost;
            if (next > now || IsFarFromFull(state, observed, now))
            {
                return -1;
            }

            // Publishes the charge; a caller that stalls acts on an older time of its own call. Should the bucket be kept by
            // readings by now, it counts as charged at the latest it can have been. Linearization point.
            long previous = Interlocked.CompareExchange(ref state.Words.EmptyAt, next, observed);
            if (previous == observed)
            {
                state.Words.Granted += permits;
                return now - next;
            }

            observed = previous;
            Thread.SpinWait(Backoff);
        }
    }

    /// <summary>The way of every call that is not a grant at a reading.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAcquireOtherwise(BucketState state, int permits, out RateLimitDecision decision)
    {
        long left = TakeNow(state, permits);
        if (left >= 0)
        {
            decision = new RateLimitDecision(true, state.Limit, left, 0, state.Fill - left, state.UnitsPerPermit, state.UnitsPerTick, state.Frequency);
            return true;
        }

        if ((uint)(permits - 1) < (uint)state.Limit && !IsGated && TryRefuse(state, permits, out decision))
        {
            CountRefusal();
            return false;
        }

        return TryAcquireThroughLock(permits, out decision);
    }

    /// <summary>Refuses without the lock, if it is certain.</summary>
    private bool TryRefuse(BucketState state, int permits, out RateLimitDecision decision)
    {
        // Grants at the last reading that are still to be charged must be charged now, or the time to retry would move on
        // with the clock. If there are none, the word is what it was at the reading, and it alone decides.
        Unsafe.SkipInit(out decision);
        long cost = permits * state.UnitsPerPermit;
        long observed = Volatile.Read(ref state.Words.EmptyAt);
        bool isReading = Volatile.Read(ref state.Words.ReadAt) != NoReading;
        if (observed == Withdrawn || (isReading && observed != Volatile.Read(ref state.Words.EmptyAtReading)))
        {
            return false;
        }

        if (isReading && observed + cost > Volatile.Read(ref state.Words.ReadAt) + state.Lag)
        {
            // Certain if no other reading is due, or was made meanwhile: ReadAt again, which is written before CoarseReading.
            bool isDue = ReadCoarse() != Volatile.Read(ref state.Words.CoarseReading);
            long readAt = Volatile.Read(ref state.Words.ReadAt);
            if (isDue || readAt == NoReading || observed + cost <= readAt + state.Lag)
            {
                return false;
            }

            // The numbers as they were at the base, long ago: the time since then is reckoned in when they are asked for.
            decision = new RateLimitDecision(
                false, state.Limit, -observed, observed + cost, observed + state.Fill, state.UnitsPerPermit, state.UnitsPerTick, state.Frequency, 0, Clock, state.BaseTimestamp);
            return true;
        }

        long ticks = Clock.GetTimestamp() - state.BaseTimestamp;
        if ((ulong)ticks > (ulong)state.MaxTicks)
        {
            return false;
        }

        long now = ticks * state.UnitsPerTick;
        long emptyAt = Math.Max(observed, now - state.Fill);
        long missing = emptyAt + cost - now;
        if (missing <= 0 || (!isReading && IsFarFromFull(state, observed, now)))
        {
            return false; // there is enough to take, or reason to go by readings: both need the lock
        }

        decision = new RateLimitDecision(
            false, state.Limit, now - emptyAt, missing, state.Fill - (now - emptyAt), state.UnitsPerPermit, state.UnitsPerTick, state.Frequency);
        return true;
    }

    /// <summary>Tells whether a bucket that is charged by the precise clock could as well be kept by readings.</summary>
    private bool IsFarFromFull(BucketState state, long emptyAt, long now) =>
        _hasCoarse && emptyAt != Withdrawn && emptyAt + state.Fill - now >= 2 * LagsFromFull * state.Lag;

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision)
    {
        Held held = WithdrawLocked();
        long cost = permits * held.State.UnitsPerPermit;
        long missing = held.EmptyAt + cost - held.Now;
        bool isAcquired = missing <= 0;
        long emptyAt = held.EmptyAt + (isAcquired ? cost : 0);
        RestoreLocked(held, emptyAt);
        decision = held.State.Rate.Decide(isAcquired, held.Now - emptyAt, missing);
        return isAcquired;
    }

    private protected override RateLimitDecision PeekLocked(int permits)
    {
        Held held = WithdrawLocked();
        RestoreUnchangedLocked(held);
        long missing = held.EmptyAt + (permits * held.State.UnitsPerPermit) - held.Now;
        return held.State.Rate.Decide(missing <= 0, held.Now - held.EmptyAt, missing);
    }

    private protected override bool TryConsumeLocked(int permits)
    {
        Held held = WithdrawLocked();
        var bucket = new Bucket { Credit = held.Now - held.EmptyAt };
        bool isCharged = bucket.TryCharge(held.State.Rate, permits);
        RestoreLocked(held, held.Now - bucket.Credit);
        return isCharged;
    }

    private protected override void RefundLocked(int permits)
    {
        Held held = WithdrawLocked();
        var bucket = new Bucket { Credit = held.Now - held.EmptyAt };
        bucket.Refund(held.State.Rate, permits);
        RestoreLocked(held, held.Now - bucket.Credit);
    }

    private protected override void ResetLocked()
    {
        Held held = WithdrawLocked();
        RestoreLocked(held, held.Now - held.State.Fill);
    }

    private protected override TimeSpan? IdleLocked()
    {
        Held held = WithdrawLocked();
        RestoreUnchangedLocked(held);
        long overflowing = held.Now - held.State.Fill - held.Charged;
        return overflowing >= 0 ? ClockTicks.ToTimeSpan(overflowing / held.State.UnitsPerTick, Clock.TimestampFrequency) : null;
    }

    private void ReconfigureLocked(GcraRate rate)
    {
        Held held = WithdrawLocked();
        var bucket = new Bucket { Credit = held.Now - held.EmptyAt };
        bucket.Convert(held.State.Rate, rate);
        BucketState state = ReplaceLocked(held.State, rate, held.State.BaseTimestamp + (held.Now / held.State.UnitsPerTick));
        RestoreLocked(held with { State = state, Now = 0 }, -bucket.Credit);
    }

    /// <summary>Takes the word out of everyone's reach and works out what it is at present.</summary>
    private Held WithdrawLocked()
    {
        BucketState state = _state;
        ref BucketWords words = ref state.Words;
        long timestamp = _hasCoarse ? 0 : Clock.GetTimestamp(); // a clock that throws must leave everything in its place
        long observed = Interlocked.Exchange(ref words.EmptyAt, Withdrawn);
        bool isReading = words.ReadAt != NoReading;
        long atReading = isReading ? words.EmptyAtReading : observed;
        Debug.Assert(observed != Withdrawn && observed >= atReading, "I1 or I3 is broken.");

        long coarse = 0;
        if (_hasCoarse)
        {
            coarse = ReadCoarse();            // first, by I2
            timestamp = Clock.GetTimestamp(); // after withdrawing, by I3
            _swapped += (observed - atReading) / state.UnitsPerPermit; // grants, and nothing else
        }

        long ticks = timestamp - state.BaseTimestamp;
        if (ticks > state.MaxTicks)
        {
            // In that time every debt is paid off. Counted from a new base, the bucket is full.
            state = ReplaceLocked(state, state.Rate, timestamp);
            return new Held(state, -state.Fill, false, 0, coarse);
        }

        // A clock that went back counts as standing still until it has caught up.
        long now = Math.Max(ticks * state.UnitsPerTick, isReading ? words.ReadAt : 0);
        long latest = isReading ? Math.Min(now, words.ReadAt + state.Lag) : now;
        bool isSettled = observed == atReading;
        return new Held(state, isSettled ? observed : observed + Math.Max(0, latest - state.Fill - atReading), isSettled, now, coarse);
    }

    private void RestoreLocked(in Held held, long emptyAt)
    {
        BucketState state = held.State;
        ref BucketWords words = ref state.Words;
        if (_hasCoarse)
        {
            bool isReading = !_isPrecise || emptyAt + state.Fill - held.Now >= LagsFromFull * state.Lag;
            Volatile.Write(ref words.EmptyAtReading, emptyAt);
            Volatile.Write(ref words.ReadAt, isReading ? held.Now : NoReading);
            Volatile.Write(ref words.CoarseReading, held.Coarse); // after ReadAt, so that who sees it sees that, too
        }

        Volatile.Write(ref words.EmptyAt, emptyAt); // publishes all of the above
    }

    /// <summary>Puts back what was there, so that it can still be told since when the bucket is full; unless grants at the
    /// last reading are still to be charged.</summary>
    private void RestoreUnchangedLocked(in Held held)
    {
        if (held.IsSettled)
        {
            Volatile.Write(ref held.State.Words.EmptyAt, held.Charged);
        }
        else
        {
            RestoreLocked(held, held.EmptyAt); // with them charged, and counted
        }
    }

    /// <summary>Begins to count from another instant, or at another rate, with the word withdrawn.</summary>
    private BucketState ReplaceLocked(BucketState old, GcraRate rate, long baseTimestamp)
    {
        _swapped += old.Words.Granted;
        var state = new BucketState(rate, baseTimestamp, LagOf(rate));
        Volatile.Write(ref _state, state);
        return state;
    }

    private long LagOf(GcraRate rate) => Math.Max(1, Clock.TimestampFrequency / LagsPerSecond) * rate.UnitsPerTick;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ReadCoarse() => _coarseClock is null ? CoarseClock.Read() : _coarseClock();

    /// <summary>A bucket whose word is withdrawn.</summary>
    /// <param name="State">The bucket.</param>
    /// <param name="Charged">The word, with all grants charged, which may be less than that of a bucket full at present.</param>
    /// <param name="IsSettled">Whether that is the word as it was.</param>
    /// <param name="Now">The present, in units since the base.</param>
    /// <param name="Coarse">What the coarse clock showed just before.</param>
    private readonly record struct Held(BucketState State, long Charged, bool IsSettled, long Now, long Coarse)
    {
        /// <summary>Gets what the word comes to at present.</summary>
        public long EmptyAt => Math.Max(Charged, Now - State.Fill);
    }
}
