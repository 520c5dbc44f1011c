namespace Primitives.Testing;

/// <summary>
/// A clock that moves only when told to. The monotonic timestamp and the wall clock move together through
/// <see cref="Advance"/>, or apart through <see cref="AdvanceTimestamp"/> and <see cref="AdvanceUtc"/>, which may go
/// back. Timers run on the monotonic clock and fire, in order of their due time, on the thread that advances it.
/// </summary>
/// <remarks>Thread-safe. Threads that advance at once do so one after the other. A timer fires at exactly its due time,
/// and its callback may move the wall clock, but not advance the clock that is advancing.</remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _moving = new(); // held while callbacks run; never taken under _lock
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly long _frequency;
    private long _timestamp;
    private long _utcTicks;
    private long _order;

    /// <summary>Creates a clock that stands still.</summary>
    /// <param name="start">The first wall-clock time; 2026-01-01T00:00:00Z when omitted.</param>
    /// <param name="frequency">Timestamp ticks per second. At least 1; finer than 100 ns is fine.</param>
    /// <param name="timestamp">The first timestamp. Not zero by default, so that code which takes zero for "never"
    /// does not pass by luck.</param>
    public ManualTimeProvider(DateTimeOffset? start = null, long frequency = 1_000_000_000, long timestamp = 12_345)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frequency);
        _utcTicks = (start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)).UtcTicks;
        _frequency = frequency;
        _timestamp = timestamp;
    }

    public override long TimestampFrequency => _frequency;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Gets the number of timers that are armed.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    public override long GetTimestamp() => Volatile.Read(ref _timestamp);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _utcTicks), TimeSpan.Zero);

    /// <summary>Moves both clocks forward and fires the timers that become due.</summary>
    public void Advance(TimeSpan by) => Move(by, moveUtc: true);

    /// <summary>Moves the monotonic clock alone, as when the wall clock is stopped or stepped by an operator.</summary>
    public void AdvanceTimestamp(TimeSpan by) => Move(by, moveUtc: false);

    /// <summary>Moves the wall clock alone, forward or back. No timer fires.</summary>
    public void AdvanceUtc(TimeSpan by) => Interlocked.Add(ref _utcTicks, by.Ticks);

    /// <summary>Sets the wall clock. No timer fires.</summary>
    public void SetUtcNow(DateTimeOffset now) => Volatile.Write(ref _utcTicks, now.UtcTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Move(TimeSpan by, bool moveUtc)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);

        lock (_moving)
        {
            // What of the step the wall clock has not made yet; it moves by differences, so that a callback may set it.
            long target = checked(_timestamp + ToTimestampTicks(by));
            long utcLeft = moveUtc ? by.Ticks : 0;
            while (true)
            {
                ManualTimer? due;
                lock (_lock)
                {
                    due = NextDueLocked(target);
                    long now = due is null ? target : Math.Max(_timestamp, due.DueAt);
                    long left = moveUtc && due is not null ? Math.Min(utcLeft, ToTimeSpanTicks(target - now)) : 0;
                    Interlocked.Add(ref _utcTicks, utcLeft - left);
                    utcLeft = left;
                    Volatile.Write(ref _timestamp, now);
                    due?.RearmLocked();
                }

                if (due is null)
                {
                    return;
                }

                due.Fire(); // outside _lock: the callback may create, change or dispose timers
            }
        }
    }

    private ManualTimer? NextDueLocked(long target)
    {
        ManualTimer? due = null;
        foreach (ManualTimer timer in _timers)
        {
            if (timer.DueAt <= target && (due is null || timer.FiresBefore(due)))
            {
                due = timer;
            }
        }

        return due;
    }

    private long ToTimestampTicks(TimeSpan span) => (long)((Int128)span.Ticks * _frequency / TimeSpan.TicksPerSecond);

    private long ToTimeSpanTicks(long ticks) => (long)((Int128)ticks * TimeSpan.TicksPerSecond / _frequency);

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private long _order;
        private bool _disposed;

        public long DueAt { get; private set; }

        public bool FiresBefore(ManualTimer other) => (DueAt, _order).CompareTo((other.DueAt, other._order)) < 0;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            CheckTime(dueTime, nameof(dueTime));
            CheckTime(period, nameof(period));
            bool now;
            lock (clock._lock)
            {
                if (_disposed)
                {
                    return false;
                }

                clock._timers.Remove(this);
                _period = period;
                now = dueTime == TimeSpan.Zero;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    // Rounded up: a timer must not fire before its due time.
                    long ticks = clock.ToTimestampTicks(dueTime);
                    DueAt = clock._timestamp + ticks + (clock.ToTimeSpanTicks(ticks) < dueTime.Ticks ? 1 : 0);
                    _order = clock._order++;
                    clock._timers.Add(this);
                    if (now)
                    {
                        RearmLocked();
                    }
                }
            }

            if (now)
            {
                // The platform's timers fire a zero due time at once, on the thread pool.
                ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            }

            return true;
        }

        public void RearmLocked()
        {
            if (_period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero)
            {
                clock._timers.Remove(this);
                return;
            }

            DueAt += Math.Max(1, clock.ToTimestampTicks(_period));
            _order = clock._order++;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._lock)
            {
                _disposed = true;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private static void CheckTime(TimeSpan value, string name)
        {
            if (value != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, name);
            }
        }
    }
}
