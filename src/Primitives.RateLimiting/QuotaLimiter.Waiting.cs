using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Primitives;

public abstract partial class QuotaLimiter
{
    // Invariants:
    //   I1  A waiter is in _waiters exactly while it has no answer. Whoever takes it out, under _lock, answers it, outside.
    //   I2  _waitingPermits is the sum of the permits in _waiters, and at most the queue's limit.
    //   I3  _isGated == (_waiters is not empty, or the limiter is disposed of).
    //   I4  While somebody waits, the timer is set for the one to be served next.
    private readonly LimiterQueue _queue;
    private readonly LinkedList<Waiter> _waiters = [];
    private long _waitingPermits;
    private ITimer? _timer;

    private bool MustWaitLocked => _waiters.Count > 0 && _queue.Order == QueueProcessingOrder.OldestFirst;

    private LinkedListNode<Waiter>? NextLocked =>
        _queue.Order == QueueProcessingOrder.OldestFirst ? _waiters.First : _waiters.Last;

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        RateLimitDecision decision;
        bool isAcquired = permitCount == 0 ? Probe(out decision) : TryAcquire(permitCount, out decision);
        return isAcquired ? GrantedLease.Shared : Refused(decision);
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RateLimitLease>(cancellationToken);
        }

        if (_queue.Limit == 0 || permitCount > _queue.Limit)
        {
            return new(AttemptAcquireCore(permitCount));
        }

        if (permitCount > 0 && TryTakeWithoutLock(permitCount))
        {
            return new(GrantedLease.Shared);
        }

        lock (_lock)
        {
            CheckLocked(Math.Max(1, permitCount));
            if (!MustWaitLocked && TakeOrProbeLocked(permitCount, out _))
            {
                _granted++;
                return new(GrantedLease.Shared);
            }
        }

        return WaitAsync(permitCount, cancellationToken);
    }

    /// <summary>Ends the waiting: every waiting caller is refused, later calls throw.</summary>
    /// <param name="disposing">Whether to dispose of anything.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            RefuseEveryone();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override ValueTask DisposeAsyncCore()
    {
        RefuseEveryone();
        return base.DisposeAsyncCore();
    }

    private void RefuseEveryone()
    {
        Waiter[] left;
        ITimer? timer;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            left = [.. _waiters];
            _waiters.Clear();
            _waitingPermits = 0;
            _isGated = true;
            timer = _timer;
            foreach (Waiter waiter in left)
            {
                waiter.Node = null;
                waiter.Lease = RefusedLease.Disposed;
            }
        }

        timer?.Dispose();
        Answer(left);
    }

    private protected RefusedLease Refused(in RateLimitDecision decision) => new(decision, QuotaName(decision));

    private protected virtual string? QuotaName(in RateLimitDecision decision) => null;

    // Registers with the token first and queues second: whoever answers a queued caller then finds its registration, and a
    // token that is cancelled in between finds the caller not queued and leaves it a note. Unregistering does not wait for
    // a cancellation that is on its way: by I1 that finds nothing left to do.
    private ValueTask<RateLimitLease> WaitAsync(int permits, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(this, permits, cancellationToken);
        List<Waiter>? answered = null;
        try
        {
            waiter.Register();
            lock (_lock)
            {
                CheckLocked(Math.Max(1, permits));
                answered = QueueLocked(waiter);
            }
        }
        catch
        {
            waiter.Registration.Unregister();
            throw;
        }

        Answer(answered);
        return new(waiter.Task);
    }

    /// <summary>Queues a caller, or answers it, and with it those who had to make room.</summary>
    private List<Waiter>? QueueLocked(Waiter waiter)
    {
        List<Waiter>? answered = null;
        RateLimitDecision decision;
        if (waiter.IsCancelled)
        {
            answered = [waiter];
        }
        else if (!MustWaitLocked && TakeOrProbeLocked(waiter.Permits, out decision))
        {
            _granted++;
            waiter.Lease = GrantedLease.Shared;
            answered = [waiter];
        }
        else
        {
            decision = BehindWaitersLocked(Math.Max(1, waiter.Permits));
            if (_queue.Order == QueueProcessingOrder.NewestFirst)
            {
                while (_waitingPermits + waiter.Permits > _queue.Limit)
                {
                    Waiter oldest = _waiters.First!.Value;
                    RemoveLocked(oldest);
                    oldest.Lease = Refused(decision);
                    CountRefusal();
                    (answered ??= []).Add(oldest);
                }
            }

            if (_waitingPermits + waiter.Permits > _queue.Limit)
            {
                waiter.Lease = Refused(decision);
                CountRefusal();
                return [waiter];
            }

            waiter.Node = _waiters.AddLast(waiter);
            _waitingPermits += waiter.Permits;
            _isGated = true;
            if (NextLocked == waiter.Node)
            {
                List<Waiter>? served = ServeLocked();
                answered = served is null ? answered : [.. answered ?? [], .. served];
            }
        }

        AssertInvariantsLocked();
        return answered;
    }

    /// <summary>Takes out whoever can be served, in order, and sets the timer for the next.</summary>
    private List<Waiter>? ServeLocked()
    {
        List<Waiter>? served = null;
        while (NextLocked is { Value: var next })
        {
            if (next.Permits > Limit)
            {
                next.Lease = Refused(PeekLocked(Limit)); // the limit was lowered meanwhile: its time will never come
                CountRefusal();
            }
            else if (TakeOrProbeLocked(next.Permits, out RateLimitDecision decision))
            {
                next.Lease = GrantedLease.Shared;
                _granted++;
            }
            else
            {
                SetTimerLocked(decision.RetryAfter);
                break;
            }

            RemoveLocked(next);
            (served ??= []).Add(next);
        }

        AssertInvariantsLocked();
        return served;
    }

    private bool TakeOrProbeLocked(int permits, out RateLimitDecision decision)
    {
        if (permits > 0)
        {
            return TakeLocked(permits, out decision);
        }

        decision = PeekLocked(1); // 0 permits ask whether there is one, and take none
        return decision.IsAcquired;
    }

    private bool Probe(out RateLimitDecision decision)
    {
        lock (_lock)
        {
            CheckLocked(1);
            if (MustWaitLocked)
            {
                decision = BehindWaitersLocked(1);
            }
            else if (TakeOrProbeLocked(0, out decision))
            {
                _granted++;
                return true;
            }
        }

        CountRefusal();
        return false;
    }

    private RateLimitDecision BehindWaitersLocked(int permits) => PeekBehindLocked(permits, _waitingPermits);

    private void RemoveLocked(Waiter waiter)
    {
        _waiters.Remove(waiter.Node!);
        waiter.Node = null;
        _waitingPermits -= waiter.Permits;
        _isGated = _waiters.Count > 0 || _isDisposed;
    }

    private void SetTimerLocked(TimeSpan dueTime)
    {
        if (_timer is null)
        {
            // The timer must not keep alive, or run in, the context of whoever happened to wait first.
            bool flows = !ExecutionContext.IsFlowSuppressed();
            if (flows)
            {
                ExecutionContext.SuppressFlow();
            }

            try
            {
                _timer = Clock.CreateTimer(static state => ((QuotaLimiter)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
            finally
            {
                if (flows)
                {
                    ExecutionContext.RestoreFlow();
                }
            }
        }

        // The platform's timers cut off fractions of a millisecond, and so would be early, again and again.
        TimeSpan due = Clock == TimeProvider.System ? TimeSpan.FromMilliseconds(Math.Ceiling(dueTime.TotalMilliseconds)) : dueTime;
        _timer.Change(due < LongestTimer ? due : LongestTimer, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan LongestTimer => TimeSpan.FromDays(49); // the platform's is 2^32 - 2 ms; then it is set again

    private void OnTimer()
    {
        List<Waiter>? served;
        lock (_lock)
        {
            served = _isDisposed ? null : ServeLocked();
        }

        Answer(served);
    }

    /// <summary>Takes a caller out of the queue because its token was cancelled.</summary>
    internal void Cancel(Waiter waiter)
    {
        List<Waiter>? served;
        lock (_lock)
        {
            waiter.IsCancelled = true;
            if (waiter.Node is null)
            {
                return; // answered already, or about to be queued and then to find the note
            }

            RemoveLocked(waiter);
            served = ServeLocked(); // the one behind it may ask for less
        }

        waiter.TrySetCanceled(waiter.Token); // a registration need not be disposed of from its own callback
        Answer(served);
    }

    private static void Answer(IEnumerable<Waiter>? waiters)
    {
        foreach (Waiter waiter in waiters ?? [])
        {
            waiter.Registration.Unregister();
            if (waiter.Lease is { } lease)
            {
                waiter.TrySetResult(lease);
            }
            else
            {
                waiter.TrySetCanceled(waiter.Token);
            }
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        Debug.Assert(_waiters.Sum(waiter => (long)waiter.Permits) == _waitingPermits, "I2: the sum of permits is wrong.");
        Debug.Assert(_waitingPermits <= _queue.Limit, "I2: the queue is over its limit.");
        Debug.Assert(_isGated == (_waiters.Count > 0 || _isDisposed), "I3: the gate does not fit the queue.");
    }
}
