namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    private const int ExpiriesPerLock = 256;

    private ExpiryWheel<TKey, TValue>? _wheel; // made with the first entry that can expire, as is the timer
    private ITimer? _timer;
    private long _timerDue = long.MaxValue;

    private void ScheduleLocked(Entry<TKey, TValue> entry)
    {
        if (entry.IsRich && entry is RichEntry<TKey, TValue> { HasLifetime: true } rich)
        {
            long now = _clock.Now;
            _wheel ??= new ExpiryWheel<TKey, TValue>(_clock.Frequency, now);
            _wheel.Schedule(rich, rich.KeptUntil, now);
            ArmTimerLocked(now);
        }
    }

    private void UnscheduleLocked(Entry<TKey, TValue> entry)
    {
        if (entry.IsRich)
        {
            _wheel?.Remove((RichEntry<TKey, TValue>)entry); // the timer stays armed: it costs less to fire once in vain
        }
    }

    private void ArmTimerLocked(long now)
    {
        long due = _wheel!.NextDue;
        if (due >= _timerDue || _isDisposed)
        {
            return;
        }

        TimeSpan wait = _clock.ToTimeSpanRoundedUp(Math.Max(1, due - now));
        wait = wait < LongestWait ? wait : LongestWait;
        if (_timer is null)
        {
            _timer = CreateTimer(wait);
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }

        _timerDue = due; // now that it is armed: had the user's clock thrown, the next entry would try again
    }

    private ITimer CreateTimer(TimeSpan wait)
    {
        // Whoever happens to add the first entry must not have its execution context kept for as long as the cache lives, nor
        // find it in every notification.
        AsyncFlowControl? flow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        try
        {
            return _clock.TimeProvider.CreateTimer(
                static core => ((CacheCore<TKey, TValue, TPolicy>)core!).ExpireDue(), this, wait, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            flow?.Undo();
        }
    }

    // Timers take no more than 2^32 ms; a week is as good.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(7);

    private void ExpireDue()
    {
        bool isMore = true;
        while (isMore)
        {
            List<Removal<TKey, TValue>>? removals = null;
            lock (_lock)
            {
                isMore = ExpireSomeLocked(ref removals);
            }

            Notify(removals);
        }
    }

    /// <returns>Whether to come again: the lock is not held for too long at a time.</returns>
    private bool ExpireSomeLocked(ref List<Removal<TKey, TValue>>? removals)
    {
        if (_isDisposed || _wheel is null)
        {
            return false;
        }

        long now = _clock.Now;
        for (int i = 0; i < ExpiriesPerLock; i++)
        {
            if (_wheel.TakeDue(now) is not { } entry)
            {
                _timerDue = long.MaxValue;
                ArmTimerLocked(now);
                return false;
            }

            // Reads after it was scheduled may have put its end off.
            if (entry.KeptUntil > now)
            {
                _wheel.Schedule(entry, entry.KeptUntil, now);
            }
            else
            {
                RemoveLocked(entry, CacheRemovalReason.Expired, ref removals);
            }
        }

        return true;
    }
}
