using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>
/// What all limiters of this package share: the allocation-free question <see cref="TryAcquire(int, out RateLimitDecision)"/>
/// and, around it, everything a <see cref="RateLimiter"/> is asked for: leases, waiting callers, idle time, statistics.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Waiting callers are served in their order; nobody overtakes those who wait (oldest first) or the
/// newcomer is served first and the oldest make room (newest first). A cancelled caller leaves the queue at once and takes
/// nothing. Every waiting caller gets exactly one answer: permits, a refusal, or its cancellation.</para>
/// <para><b>Cost.</b> Synchronous calls allocate nothing except the lease that carries a refusal's metadata. There is no
/// timer unless callers wait; then there is one, for the first of them.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads. Continuations of waiting
/// callers never run under a lock or on the thread that gives permits back.</para>
/// </remarks>
[DebuggerDisplay("{GetType().Name,nq}: {GetStatistics().CurrentAvailablePermits}/{Limit}")]
public abstract partial class QuotaLimiter : RateLimiter
{
    // Whatever a limiter decides on is guarded by _lock, unless it says otherwise itself. Methods that end in Locked are
    // called with it held.
    private readonly Lock _lock = new();
    private long _granted;
    private long _refused;
    private int _resets;
    private bool _isDisposed;

    // Whether callers have to come through the lock: because others wait, or the limiter is disposed of.
    private volatile bool _isGated;

    private protected QuotaLimiter(LimiterQueue queue, TimeProvider? timeProvider)
    {
        _queue = queue;
        Clock = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Gets the most permits one call can ever take.</summary>
    public abstract int Limit { get; }

    /// <inheritdoc/>
    /// <value>How long the limiter has been as if never used, so that forgetting it changes nothing; <see langword="null"/>
    /// while it is in use, which includes callers that wait. Takes the limiter's lock for some nanoseconds.</value>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count > 0 ? null : IdleLocked();
            }
        }
    }

    internal TimeProvider Clock { get; }

    private protected bool IsGated => _isGated;

    private protected virtual long GrantedLeases => Volatile.Read(ref _granted);

    /// <summary>Takes permits if they are there now; takes none otherwise.</summary>
    /// <param name="permits">The permits to take. From 1 to <see cref="Limit"/>.</param>
    /// <returns><see langword="true"/> if the permits were taken.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or more than could ever be
    /// granted.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool TryAcquire(int permits = 1) => TryAcquire(permits, out _);

    /// <inheritdoc cref="TryAcquire(int)"/>
    /// <param name="permits"><inheritdoc cref="TryAcquire(int)" path="/param[@name='permits']"/></param>
    /// <param name="decision">What is left, or when to come again. While others wait, that is when what they and this
    /// request need together will have come, or the whole limit if that is less; some may then wait still.</param>
    public virtual bool TryAcquire(int permits, out RateLimitDecision decision) => TryAcquireThroughLock(permits, out decision);

    /// <summary>Tells what <see cref="TryAcquire(int, out RateLimitDecision)"/> would say now, and takes nothing.</summary>
    /// <param name="permits">The permits asked about. From 1 to <see cref="Limit"/>.</param>
    /// <returns>The decision. Its <see cref="RateLimitDecision.Remaining"/> is what is left before taking any.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or more than could ever be
    /// granted.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public RateLimitDecision Peek(int permits = 1)
    {
        lock (_lock)
        {
            CheckLocked(permits);
            return MustWaitLocked ? BehindWaitersLocked(permits) : PeekLocked(permits);
        }
    }

    /// <summary>Gives back permits that were taken and not used. Never more come back than were taken: what has been
    /// replenished since is not added on top.</summary>
    /// <param name="permits">The permits. At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Refund(int permits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        Change(static (limiter, permits) => limiter.RefundLocked(permits), permits);
    }

    /// <summary>Forgets everything that was taken: the limiter is as new.</summary>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reset() => Change(
        static (limiter, _) =>
        {
            limiter.ResetLocked();
            limiter._resets++;
        },
        0);

    /// <inheritdoc/>
    /// <returns>The counts, which are exact but for what <see cref="TokenBucketLimiter"/> says of its grants. After disposal,
    /// the last ones.</returns>
    public override RateLimiterStatistics GetStatistics()
    {
        lock (_lock)
        {
            long available = PeekLocked(1).Remaining; // first: it may count
            return new RateLimiterStatistics
            {
                CurrentAvailablePermits = available,
                CurrentQueuedCount = _waitingPermits,
                TotalSuccessfulLeases = GrantedLeases,
                TotalFailedLeases = Volatile.Read(ref _refused),
            };
        }
    }

    /// <summary>The way of every call that is not decided by a compare-and-swap of the limiter's own.</summary>
    private protected bool TryAcquireThroughLock(int permits, out RateLimitDecision decision)
    {
        lock (_lock)
        {
            CheckLocked(permits);
            if (MustWaitLocked)
            {
                decision = BehindWaitersLocked(permits);
            }
            else if (TakeLocked(permits, out decision))
            {
                _granted++;
                return true;
            }
        }

        CountRefusal();
        return false;
    }

    private protected void CountRefusal() => Interlocked.Increment(ref _refused);

    /// <summary>Changes the state otherwise than by taking, then serves whoever waits and can now be served.</summary>
    private protected void Change<TArgument>(Action<QuotaLimiter, TArgument> change, TArgument argument)
    {
        List<Waiter>? served;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            change(this, argument);
            served = ServeLocked();
        }

        Answer(served);
    }

    private protected void ConsumeThroughLock(int permits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        Change(
            static (limiter, permits) =>
            {
                if (!limiter.TryConsumeLocked(permits))
                {
                    throw new ArgumentOutOfRangeException(nameof(permits), permits, "The debt would be more than the limiter can hold: 2^60 units of its clock.");
                }
            },
            permits);
    }

    /// <summary>Books permits ahead of their time.</summary>
    private protected bool TryReserveThroughLock(int permits, TimeSpan maxDelay, out RateLimitReservation? reservation)
    {
        lock (_lock)
        {
            CheckLocked(permits);
            RateLimitDecision decision = MustWaitLocked ? BehindWaitersLocked(permits) : PeekLocked(permits);
            TimeSpan delay = decision.RetryAfter;
            if (!MustWaitLocked && delay <= maxDelay && TryConsumeLocked(permits))
            {
                Int128 dueAt = Clock.GetTimestamp() + ClockTicks.RoundingUp(delay, Clock.TimestampFrequency);
                reservation = new RateLimitReservation(this, permits, delay, (long)Int128.Min(dueAt, long.MaxValue), _resets);
                _granted++;
                return true;
            }
        }

        reservation = null;
        CountRefusal();
        return false;
    }

    /// <summary>Gives reserved permits back, unless they were forgotten by a reset and so are there already.</summary>
    internal bool TryCancel(int permits, int resets)
    {
        bool isCancelled = false;
        Change(
            (limiter, permits) =>
            {
                isCancelled = limiter._resets == resets;
                if (isCancelled)
                {
                    limiter.RefundLocked(permits);
                }
            },
            permits);
        return isCancelled;
    }

    /// <summary>Takes permits by a compare-and-swap of the limiter's own, if it has one and that settles it.</summary>
    private protected virtual bool TryTakeWithoutLock(int permits) => false;

    /// <summary>Takes permits if they are there. Only called with permits from 1 to <see cref="Limit"/>.</summary>
    private protected abstract bool TakeLocked(int permits, out RateLimitDecision decision);

    /// <summary>Tells whether permits are there.</summary>
    private protected abstract RateLimitDecision PeekLocked(int permits);

    /// <summary>Tells when to come again while others wait for so many permits.</summary>
    private protected virtual RateLimitDecision PeekBehindLocked(int permits, long waitingPermits) =>
        PeekLocked((int)Math.Min(Limit, permits + waitingPermits)).As(isAcquired: false);

    /// <summary>Takes permits whether or not they are there, for the limiters that can.</summary>
    /// <returns><see langword="false"/>, with nothing taken, if the debt would be more than the limiter can hold.</returns>
    private protected virtual bool TryConsumeLocked(int permits) => throw new NotSupportedException();

    private protected abstract void RefundLocked(int permits);

    private protected abstract void ResetLocked();

    /// <summary>Tells for how long nothing has been owed; <see langword="null"/> if something is.</summary>
    private protected abstract TimeSpan? IdleLocked();

    private void CheckLocked(int permits)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(permits, Limit);
    }
}
