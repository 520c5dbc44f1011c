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
/// clock, a quarter of the cost of a precise one; the precise clock is read when the coarse one has moved on, every 1 to
/// 16 milliseconds, and before every refusal.</para>
/// <para><b>Accuracy.</b> Nothing is rounded if <c>Permits</c>, divided by what it has in common with the clock ticks of
/// a period, is at most 65,536; otherwise the rate falls short of the quota by a relative error of at most
/// <c>1 / (65,536 · ticks per permit)</c>, 5·10<sup>-6</sup> at 300 million per second. The coarse clock never makes it
/// grant more; it may cost what would have accrued, in a full bucket, between two of its steps.</para>
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
    // With a precise clock every caller reads the clock and swaps. A caller that stalls between the two acts on an older
    // time within its own call, which is as good as having called then.
    //
    // With a coarse clock callers decide at the last precise reading, ReadAt, which is never later than now, whatever the
    // coarse clock shows: it only tells, by having changed, that it is worth reading the precise one. What has to be made
    // good is the discarding of permits that overflow a full bucket, max(.., now - Fill): grants decided at ReadAt happened
    // at some later, unknown time. So when the precise clock is read next, at Q, they count as made at Q, the latest
    // they can have been: had their cost F been charged then, the bucket would be empty at max(E, Q - Fill) + F, where
    // E is EmptyAtReading and F = EmptyAt - E. That is EmptyAt + max(0, Q - Fill - E); and it is never earlier than
    // the truth, because charging a grant later discards more before it. So the bound holds for real time.
    //
    // Invariants:
    //   I1  EmptyAt >= ReadAt - Fill, and EmptyAt >= EmptyAtReading.
    //   I2  ReadAt is a reading of the precise clock that was finished before anyone could see it.
    //   I3  Everything but a grant is done with EmptyAt withdrawn, under the base class's lock, and with the coarse clock
    //       the precise one is read after withdrawing: so no grant decided at the old ReadAt can come after Q.
    //   I4  A grant's swap succeeds only on the value it read. If ReadAt changed meanwhile and EmptyAt came to the same
    //       value, the grant was decided at an older ReadAt, which allows less; so it is allowed now.

    /// <summary>Larger than any instant, so that every swap of a caller that did not look fails its own test.</summary>
    internal const long Withdrawn = 1L << 62;

    /// <summary>How long to leave the word to the thread that was faster: while it keeps the cache line, its grants cost a
    /// fraction of what they cost when the line goes back and forth with every one.</summary>
    private const int Backoff = 10;

    private readonly Func<long>? _coarseClock; // null: the operating system's
    private readonly bool _isCoarse;
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
    internal TokenBucketLimiter(RateQuota quota, TimeProvider timeProvider, Func<long> coarseClock)
        : this(quota, LimiterQueue.None, timeProvider, isPrecise: false, coarseClock)
    {
    }

    private TokenBucketLimiter(RateQuota quota, LimiterQueue queue, TimeProvider? timeProvider, bool isPrecise, Func<long>? coarseClock)
        : base(queue, timeProvider)
    {
        ArgumentNullException.ThrowIfNull(quota);

        _isCoarse = coarseClock is not null || (!isPrecise && Clock == TimeProvider.System);
        _coarseClock = coarseClock;
        var rate = new GcraRate(quota, Clock.TimestampFrequency, nameof(quota));
        long coarse = _isCoarse ? ReadCoarse() : 0;
        _state = new BucketState(rate, Clock.GetTimestamp(), -rate.Fill, coarse);
    }

    /// <summary>Gets the quota in force.</summary>
    public RateQuota Quota => Volatile.Read(ref _state).Rate.Quota;

    /// <inheritdoc/>
    public override int Limit => Volatile.Read(ref _state).Limit;

    private protected override long GrantedLeases => base.GrantedLeases + _swapped + (_isCoarse ? 0 : Volatile.Read(ref _state.Words.Granted));

    /// <inheritdoc/>
    public override bool TryAcquire(int permits, out RateLimitDecision decision)
    {
        BucketState state = Volatile.Read(ref _state);
        if ((uint)(permits - 1) < (uint)state.Limit && !IsGated)
        {
            long left = _isCoarse ? TakeAtReading(state, permits) : TakeNow(state, permits);
            if (left >= 0)
            {
                decision = new RateLimitDecision(true, state.Limit, left, 0, state.Fill - left, state.UnitsPerPermit, state.UnitsPerTick, state.Frequency);
                return true;
            }

            if (TryRefuse(state, permits, out decision))
            {
                CountRefusal();
                return false;
            }
        }

        return TryAcquireThroughLock(permits, out decision);
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
        permitCount > 0 && TryTakeWithoutLock(permitCount) ? GrantedLease.Shared : base.AttemptAcquireCore(permitCount);

    private protected override bool TryTakeWithoutLock(int permits)
    {
        BucketState state = Volatile.Read(ref _state);
        return (uint)(permits - 1) < (uint)state.Limit && !IsGated
            && (_isCoarse ? TakeAtReading(state, permits) : TakeNow(state, permits)) >= 0;
    }

    /// <summary>Takes permits at the last reading of the precise clock, if the coarse one has not moved since.</summary>
    /// <returns>The credit left; negative if nothing was taken.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long TakeAtReading(BucketState state, int permits)
    {
        long cost = permits * state.UnitsPerPermit;
        long now = Volatile.Read(ref state.Words.ReadAt);
        if (Volatile.Read(ref state.Words.EmptyAt) + cost > now || ReadCoarse() != Volatile.Read(ref state.Words.CoarseReading))
        {
            return -1; // no cheap clock would help, or the precise one is due
        }

        long observed = Volatile.Read(ref state.Words.EmptyAt); // again: the less time before the swap, the less it fails
        while (true)
        {
            long next = observed + cost; // by I1 nothing overflows a full bucket at ReadAt
            if (next > now)
            {
                return -1;
            }

            // Publishes the charge. A stale ReadAt is earlier, so it allows less (I4). Linearization point.
            long previous = Interlocked.CompareExchange(ref state.Words.EmptyAt, next, observed);
            if (previous == observed)
            {
                return now - next;
            }

            observed = previous;
            Thread.SpinWait(Backoff);
        }
    }

    /// <summary>Takes permits at a precise reading.</summary>
    /// <returns>The credit left; negative if nothing was taken.</returns>
    private long TakeNow(BucketState state, int permits)
    {
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
            if (next > now)
            {
                return -1;
            }

            // Publishes the charge; a caller that stalls acts on an older time of its own call. Linearization point.
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

    /// <summary>Refuses by a precise reading, without the lock, if it is certain.</summary>
    private bool TryRefuse(BucketState state, int permits, out RateLimitDecision decision)
    {
        long observed = Volatile.Read(ref state.Words.EmptyAt);
        long atReading = _isCoarse ? Volatile.Read(ref state.Words.EmptyAtReading) : observed;
        long ticks = Clock.GetTimestamp() - state.BaseTimestamp;
        decision = default;

        // Grants at the last reading that are still to be charged as of now must be charged now, or the time to retry would
        // move on with the clock. If there are none, the word is what it was at the reading, and it alone decides.
        if (observed != atReading || observed == Withdrawn || (ulong)ticks > (ulong)state.MaxTicks)
        {
            return false;
        }

        long now = ticks * state.UnitsPerTick;
        long emptyAt = Math.Max(observed, now - state.Fill);
        long missing = emptyAt + (permits * state.UnitsPerPermit) - now;
        if (missing <= 0)
        {
            return false; // there is enough: take it, which changes ReadAt and so needs the lock
        }

        decision = state.Rate.Decide(false, now - emptyAt, missing);
        return true;
    }

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
        long overflowing = held.Now - held.State.Fill - held.Observed;
        return held.Observed == held.AtReading && overflowing >= 0
            ? ClockTicks.ToTimeSpan(overflowing / held.State.UnitsPerTick, Clock.TimestampFrequency)
            : null;
    }

    private void ReconfigureLocked(GcraRate rate)
    {
        Held held = WithdrawLocked();
        var bucket = new Bucket { Credit = held.Now - held.EmptyAt };
        bucket.Convert(held.State.Rate, rate);
        ReplaceLocked(held.State, rate, held.State.BaseTimestamp + (held.Now / held.State.UnitsPerTick), -bucket.Credit);
    }

    /// <summary>Takes the word out of everyone's reach and works out what it is at present.</summary>
    private Held WithdrawLocked()
    {
        BucketState state = _state;
        long timestamp = _isCoarse ? 0 : Clock.GetTimestamp(); // a clock that throws must leave everything in its place
        long observed = Interlocked.Exchange(ref state.Words.EmptyAt, Withdrawn);
        long atReading = _isCoarse ? state.Words.EmptyAtReading : observed;
        Debug.Assert(observed != Withdrawn && observed >= atReading, "I1 or I3 is broken.");

        long coarse = 0;
        if (_isCoarse)
        {
            // What was added since the last reading are grants, and nothing else.
            _swapped += (observed - atReading) / state.UnitsPerPermit;
            coarse = ReadCoarse();            // first: should it move before the next line, the precise one is read once more
            timestamp = Clock.GetTimestamp(); // after withdrawing, by I3
        }

        long ticks = timestamp - state.BaseTimestamp;
        if (ticks > state.MaxTicks)
        {
            // In that time every debt is paid off. Counted from a new base, the bucket is full.
            state = ReplaceLocked(state, state.Rate, timestamp, Withdrawn);
            observed = atReading = -state.Fill;
            ticks = 0;
        }

        Volatile.Write(ref state.Words.CoarseReading, coarse);

        // A clock that went back counts as standing still until it has caught up.
        long now = Math.Max(ticks * state.UnitsPerTick, state.Words.ReadAt);
        return new Held(state, observed, atReading, observed + Math.Max(0, now - state.Fill - atReading), now);
    }

    private void RestoreLocked(in Held held, long emptyAt)
    {
        ref BucketWords words = ref held.State.Words;
        if (_isCoarse)
        {
            Volatile.Write(ref words.ReadAt, held.Now);
            Volatile.Write(ref words.EmptyAtReading, emptyAt);
        }

        Volatile.Write(ref words.EmptyAt, emptyAt); // publishes all of the above
    }

    /// <summary>Puts back what was there, so that it can still be told since when the bucket is full; unless grants at the
    /// last reading are still to be charged as of now.</summary>
    private void RestoreUnchangedLocked(in Held held)
    {
        if (held.Observed == held.AtReading)
        {
            Volatile.Write(ref held.State.Words.EmptyAt, held.Observed);
        }
        else
        {
            RestoreLocked(held, held.EmptyAt); // with them charged, and counted
        }
    }

    private BucketState ReplaceLocked(BucketState old, GcraRate rate, long baseTimestamp, long emptyAt)
    {
        _swapped += old.Words.Granted;
        var state = new BucketState(rate, baseTimestamp, emptyAt, _isCoarse ? ReadCoarse() : 0);
        Volatile.Write(ref _state, state);
        return state;
    }

    private long ReadCoarse() => _coarseClock is null ? CoarseClock.Read() : _coarseClock();

    /// <summary>A bucket whose word is withdrawn.</summary>
    /// <param name="State">The bucket.</param>
    /// <param name="Observed">The word.</param>
    /// <param name="AtReading">The word at the last precise reading.</param>
    /// <param name="EmptyAt">What the word comes to at present.</param>
    /// <param name="Now">The present, in units since the base.</param>
    private readonly record struct Held(BucketState State, long Observed, long AtReading, long EmptyAt, long Now);
}
