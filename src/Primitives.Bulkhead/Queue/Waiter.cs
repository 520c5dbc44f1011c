namespace Primitives;

/// <summary>A caller that waits. Completing it never runs the caller on the thread that completes it.</summary>
internal sealed class Waiter(Bulkhead bulkhead, int priority, CancellationToken cancellationToken)
    : TaskCompletionSource<BulkheadLease>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _registration;
    private ITimer? _timer;

    public int Priority => priority;

    /// <summary>Gets or sets the number in order of arrival.</summary>
    public long Arrival { get; set; }

    public Waiter? Previous { get; set; }

    public Waiter? Next { get; set; }

    /// <summary>Gets or sets whether it is in the queue. Who takes it out completes it.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Starts what may end the wait, once it is in the queue. Either may fire at once.</summary>
    public void Watch(TimeProvider timeProvider, TimeSpan maxWait)
    {
        if (maxWait != Timeout.InfiniteTimeSpan)
        {
            _timer = timeProvider.CreateTimer(static state => ((Waiter)state!).TimeOut(), this, maxWait, Timeout.InfiniteTimeSpan);
        }

        _registration = cancellationToken.UnsafeRegister(static state => ((Waiter)state!).Cancel(), this);

        // Who completed it meanwhile may have found nothing to stop yet. One of the two sees the other's write.
        Interlocked.MemoryBarrier();
        if (Task.IsCompleted)
        {
            Unwatch();
        }
    }

    /// <summary>Gives it the place that was made its own, or the refusal.</summary>
    public void Complete(BulkheadLease lease)
    {
        TrySetResult(lease);
        Unwatch();
    }

    private void TimeOut()
    {
        if (bulkhead.Withdraw(this, timedOut: true))
        {
            Complete(new BulkheadLease(BulkheadRejection.TimedOut));
        }
    }

    private void Cancel()
    {
        if (bulkhead.Withdraw(this, timedOut: false))
        {
            TrySetCanceled(cancellationToken);
            Unwatch();
        }
    }

    // Not under the queue's lock, as a callback that is running may be waiting for that.
    private void Unwatch()
    {
        _timer?.Dispose();
        _registration.Unregister();
    }
}
