using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>
/// Bounds how many calls to a dependency run at once, and how many wait, so that one that has become slow cannot take all
/// threads and connections of its callers.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> At no moment are more than <see cref="MaxConcurrency"/> places taken by calls that began after it
/// was last set, and never are more than <see cref="BulkheadOptions.MaxQueue"/> callers waiting. While anybody waits, no
/// newcomer is let past, and a place given back goes to who is next, or to nobody if the concurrency was lowered below what
/// runs. A caller that is cancelled or times out is out of the queue at once and gets no place.</para>
/// <para><b>Cost.</b> With room, acquiring and releasing are a compare-and-swap each, and allocate nothing. A wait takes a
/// lock for O(1) work, allocates, and costs a timer if <see cref="BulkheadOptions.MaxWait"/> is set. Lowering the
/// concurrency never waits.</para>
/// <para><b>Limits.</b> <see cref="MaxPlaces"/> at once and as many waiting. With <see cref="BulkheadOrder.Priority"/>, who
/// is the k-th to have come of those waiting gets a place after at most 16 k have been given back.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads. Neither continuations nor
/// callbacks run under its lock.</para>
/// <para><b>Source.</b> M. Nygard, "Release It!" (2007). Last in, first out under overload: "Fail at Scale", B. Maurer, ACM
/// Queue (2015).</para>
/// </remarks>
/// <example>
/// <code>
/// var bulkhead = new Bulkhead(new BulkheadOptions { MaxConcurrency = 20, MaxQueue = 40, MaxWait = TimeSpan.FromSeconds(1) });
/// using BulkheadLease lease = await bulkhead.AcquireAsync();
/// if (!lease.IsAcquired) { return ServiceUnavailable(); }
/// </code>
/// </example>
[DebuggerDisplay("InUse = {InUse}/{MaxConcurrency}, Queued = {Queued}/{MaxQueue}")]
public sealed class Bulkhead
{
    /// <summary>The largest <see cref="MaxConcurrency"/> and <see cref="MaxQueue"/>: 1,048,575.</summary>
    public const int MaxPlaces = (1 << 20) - 1;

    /// <summary>The highest priority, 7. The lowest is 0.</summary>
    public const int MaxPriority = WaitQueue.Priorities - 1;

    // One word holds the places in use, the callers queued and the concurrency, 21 bits each, so that every decision is
    // about a state that was, and a change of the concurrency is ordered among the acquisitions.
    //
    // Invariants, of every value the word takes:
    //   I1  A swap that adds to in-use leaves in-use <= concurrency.
    //   I2  queued > 0 implies in-use >= concurrency: nobody waits while there is room.
    //   I3  queued changes only under _lock, and equals the length of _queue whenever _lock is free. So while queued > 0,
    //       every change of the word is made under _lock: outside it, acquiring and releasing need queued = 0.
    private PaddedInt64 _word;

    private const int Bits = 21;
    private const long Mask = (1L << Bits) - 1;
    private const long OneInUse = 1;
    private const long OneQueued = 1L << Bits;

    private readonly Lock _lock = new();
    private readonly WaitQueue _queue;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _maxWait;
    private long _rejected;
    private long _timedOut;

    /// <summary>Creates a bulkhead with nothing in it.</summary>
    /// <param name="options">The settings; copied. The defaults when <see langword="null"/>.</param>
    /// <param name="timeProvider">The clock of the waits; <see cref="TimeProvider.System"/> when
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public Bulkhead(BulkheadOptions? options = null, TimeProvider? timeProvider = null)
    {
        options ??= new BulkheadOptions();
        BulkheadOptionsValidator.ThrowIfInvalid(options);
        _word.Value = (long)options.MaxConcurrency << (2 * Bits);
        _queue = new WaitQueue(options.Order);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _maxWait = options.MaxWait;
        MaxQueue = options.MaxQueue;
    }

    /// <summary>Creates a bulkhead with nothing in it, first come, first served.</summary>
    /// <param name="maxConcurrency">How many may run at once. From 1 to <see cref="MaxPlaces"/>.</param>
    /// <param name="maxQueue">How many may wait. From 0 to <see cref="MaxPlaces"/>.</param>
    /// <param name="timeProvider">The clock of the waits; <see cref="TimeProvider.System"/> when
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public Bulkhead(int maxConcurrency, int maxQueue = 0, TimeProvider? timeProvider = null)
        : this(new BulkheadOptions { MaxConcurrency = maxConcurrency, MaxQueue = maxQueue }, timeProvider)
    {
    }

    /// <summary>Gets or sets how many may run at once. Raising it lets those who wait in; lowering it below what runs lets
    /// nobody in until enough have ended, and waits for nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 1 to <see cref="MaxPlaces"/>.</exception>
    public int MaxConcurrency
    {
        get => MaxOf(Volatile.Read(ref _word.Value));
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxPlaces);
            List<Waiter>? granted = null;
            lock (_lock)
            {
                // Who releases or acquires without the lock makes a swap fail, and it is decided again.
                ChangeLocked(word => (word & ~(Mask << (2 * Bits))) | ((long)value << (2 * Bits)));
                while (Volatile.Read(ref _word.Value) is var word && QueuedOf(word) > 0 && InUseOf(word) < MaxOf(word))
                {
                    (granted ??= []).Add(_queue.TakeNext());
                    ChangeLocked(static word => word + OneInUse - OneQueued);
                }

                AssertInvariantsLocked();
            }

            granted?.ForEach(waiter => waiter.Complete(new BulkheadLease(this)));
        }
    }

    /// <summary>Gets how many may wait.</summary>
    public int MaxQueue { get; }

    /// <summary>Gets the places taken now.</summary>
    public int InUse => InUseOf(Volatile.Read(ref _word.Value));

    /// <summary>Gets the callers waiting now.</summary>
    public int Queued => QueuedOf(Volatile.Read(ref _word.Value));

    /// <summary>Gets the counters.</summary>
    public BulkheadStatistics Statistics
    {
        get
        {
            long word = Volatile.Read(ref _word.Value);
            return new BulkheadStatistics(InUseOf(word), QueuedOf(word), Volatile.Read(ref _rejected), Volatile.Read(ref _timedOut));
        }
    }

    /// <summary>Takes a place if there is one now and nobody waits.</summary>
    /// <param name="lease">The place, to be disposed; or the refusal.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryAcquire(out BulkheadLease lease)
    {
        if (TryTakePlace())
        {
            lease = new BulkheadLease(this);
            return true;
        }

        Interlocked.Increment(ref _rejected);
        lease = new BulkheadLease(BulkheadRejection.Full);
        return false;
    }

    /// <summary>Takes a place, waiting in the queue if there is none.</summary>
    /// <param name="priority">From 0, the lowest, to <see cref="MaxPriority"/>; only heeded by
    /// <see cref="BulkheadOrder.Priority"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The place, to be disposed; or the refusal, as a value: look at <see cref="BulkheadLease.IsAcquired"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="priority"/> is outside its range.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<BulkheadLease> AcquireAsync(int priority = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(priority);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, MaxPriority);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<BulkheadLease>(cancellationToken)
            : TryTakePlace() ? new ValueTask<BulkheadLease>(new BulkheadLease(this))
            : WaitAsync(priority, cancellationToken);
    }

    /// <summary>Makes a call in a place of its own. Refused at once if there is none: it holds no thread in the queue.</summary>
    /// <typeparam name="TState">What the call needs, so that it need not capture it.</typeparam>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="state">Passed to <paramref name="call"/>.</param>
    /// <returns>The call's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="BulkheadRejectedException">There was no place.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public T Execute<TState, T>(Func<TState, T> call, TState state)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!TryAcquire(out BulkheadLease lease))
        {
            throw new BulkheadRejectedException(lease.Reason);
        }

        try
        {
            return call(state);
        }
        finally
        {
            lease.Dispose();
        }
    }

    /// <summary>Makes an asynchronous call in a place of its own, waiting for it if need be.</summary>
    /// <typeparam name="TState">What the call needs, so that it need not capture it.</typeparam>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="state">Passed to <paramref name="call"/>.</param>
    /// <param name="priority">As for <see cref="AcquireAsync"/>.</param>
    /// <param name="cancellationToken">Ends the wait, and is passed to <paramref name="call"/>.</param>
    /// <returns>The call's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="priority"/> is outside its range.</exception>
    /// <exception cref="BulkheadRejectedException">There was no place, or the wait took too long.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public ValueTask<T> ExecuteAsync<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call, TState state, int priority = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ValueTask<BulkheadLease> acquiring = AcquireAsync(priority, cancellationToken);
        if (!acquiring.IsCompletedSuccessfully)
        {
            return WaitAndCallAsync(acquiring, call, state, cancellationToken);
        }

        BulkheadLease lease = acquiring.Result;
        if (!lease.IsAcquired)
        {
            return ValueTask.FromException<T>(new BulkheadRejectedException(lease.Reason));
        }

        ValueTask<T> task;
        try
        {
            task = call(state, cancellationToken);
        }
        catch
        {
            lease.Dispose();
            throw;
        }

        if (!task.IsCompletedSuccessfully)
        {
            return FinishAsync(task, lease);
        }

        T result = task.Result;
        lease.Dispose();
        return new ValueTask<T>(result);
    }

    /// <summary>Gives this bulkhead as a rate limiter, for ASP.NET Core's middleware or Polly. Its leases are places here; it
    /// knows one permit at a time, and disposing it does nothing.</summary>
    /// <returns>The limiter.</returns>
    public RateLimiter AsRateLimiter() => new BulkheadRateLimiter(this);

    internal void Release()
    {
        long observed = Volatile.Read(ref _word.Value);
        while (QueuedOf(observed) == 0)
        {
            if (InUseOf(observed) == 0)
            {
                return; // a copy of a lease was disposed; the word must not wrap
            }

            // Publishes the place. If somebody has queued meanwhile, the swap fails and the place goes to them below.
            long previous = Interlocked.CompareExchange(ref _word.Value, observed - OneInUse, observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }

        ReleaseToQueue();
    }

    /// <summary>Takes a waiter out of the queue that need not wait any more.</summary>
    /// <returns>Whether it still waited. If not, it has its place or its refusal already.</returns>
    internal bool Withdraw(Waiter waiter, bool timedOut)
    {
        lock (_lock)
        {
            if (!waiter.IsQueued)
            {
                return false;
            }

            _queue.Remove(waiter);
            ChangeLocked(static word => word - OneQueued);
            AssertInvariantsLocked();
        }

        if (timedOut)
        {
            Interlocked.Increment(ref _timedOut);
        }

        return true;
    }

    private static int InUseOf(long word) => (int)(word & Mask);

    private static int QueuedOf(long word) => (int)((word >> Bits) & Mask);

    private static int MaxOf(long word) => (int)(word >> (2 * Bits));

    private static async ValueTask<T> WaitAndCallAsync<TState, T>(
        ValueTask<BulkheadLease> acquiring,
        Func<TState, CancellationToken, ValueTask<T>> call,
        TState state,
        CancellationToken cancellationToken)
    {
        using BulkheadLease lease = await acquiring.ConfigureAwait(false);
        return lease.IsAcquired
            ? await call(state, cancellationToken).ConfigureAwait(false)
            : throw new BulkheadRejectedException(lease.Reason);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<T> FinishAsync<T>(ValueTask<T> task, BulkheadLease lease)
    {
        using (lease)
        {
            return await task.ConfigureAwait(false);
        }
    }

    private bool TryTakePlace()
    {
        long observed = Volatile.Read(ref _word.Value);
        while (InUseOf(observed) < MaxOf(observed) && QueuedOf(observed) == 0)
        {
            // Publishes the place taken. The whole word is compared, so queue and concurrency are as judged above.
            long previous = Interlocked.CompareExchange(ref _word.Value, observed + OneInUse, observed);
            if (previous == observed)
            {
                return true;
            }

            observed = previous;
        }

        return false;
    }

    private ValueTask<BulkheadLease> WaitAsync(int priority, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(this, priority, cancellationToken);
        Waiter? victim = null;
        lock (_lock)
        {
            long observed = Volatile.Read(ref _word.Value);
            while (true)
            {
                long next;
                if (InUseOf(observed) < MaxOf(observed) && QueuedOf(observed) == 0)
                {
                    next = observed + OneInUse; // a place has come free since
                }
                else if (QueuedOf(observed) < MaxQueue)
                {
                    next = observed + OneQueued;
                }
                else
                {
                    victim = MaxQueue == 0 ? null : _queue.TakeVictim(priority);
                    if (victim is null)
                    {
                        Interlocked.Increment(ref _rejected);
                        return new ValueTask<BulkheadLease>(new BulkheadLease(BulkheadRejection.Full));
                    }

                    _queue.Add(waiter); // in the victim's stead: the word stays
                    break;
                }

                // Publishes the waiter before it is in the list: who releases now sees that it must take the lock.
                long previous = Interlocked.CompareExchange(ref _word.Value, next, observed);
                if (previous != observed)
                {
                    observed = previous;
                    continue;
                }

                if (QueuedOf(next) == QueuedOf(observed))
                {
                    return new ValueTask<BulkheadLease>(new BulkheadLease(this));
                }

                _queue.Add(waiter);
                break;
            }

            AssertInvariantsLocked();
        }

        if (victim is not null)
        {
            Interlocked.Increment(ref _rejected);
            victim.Complete(new BulkheadLease(BulkheadRejection.Full));
        }

        waiter.Watch(_timeProvider, _maxWait);
        return new ValueTask<BulkheadLease>(waiter.Task);
    }

    private void ReleaseToQueue()
    {
        Waiter? next = null;
        lock (_lock)
        {
            long word = Volatile.Read(ref _word.Value);
            if (QueuedOf(word) > 0 && InUseOf(word) <= MaxOf(word))
            {
                next = _queue.TakeNext(); // the place changes hands: in-use stays
                ChangeLocked(static word => word - OneQueued);
            }
            else
            {
                ChangeLocked(static word => word - OneInUse);
            }

            AssertInvariantsLocked();
        }

        next?.Complete(new BulkheadLease(this));
    }

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        long word = Volatile.Read(ref _word.Value);
        Debug.Assert(QueuedOf(word) == _queue.Count, "I3 is broken.");
        Debug.Assert(QueuedOf(word) == 0 || InUseOf(word) >= MaxOf(word), "I2 is broken.");
    }

    private void ChangeLocked(Func<long, long> change)
    {
        long observed = Volatile.Read(ref _word.Value);
        while (true)
        {
            long previous = Interlocked.CompareExchange(ref _word.Value, change(observed), observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }
    }
}
