namespace Primitives;

/// <summary>
/// One caller's wait for a tick. It sleeps through the time provider's timers while the tick is far and yields the
/// processor for the rest, because timers are too coarse to reach the end of a millisecond on time. Never under a lock.
/// </summary>
/// <remarks>A clock that stands still ends the wait with an exception, not with a thread that spins for ever.</remarks>
internal struct TickWait(TimeProvider timeProvider, SnowflakeLayout layout, TimeSpan patience)
{
    // Bounds the yielding when the clock does not move. More than there are in the slack: one takes 0.3 us or more.
    private const int MaxYields = 10_000;

    // Timers fire up to a couple of milliseconds late, so the end of a wait is not slept through; but never more than one
    // tick, so that of many waiters only those for the next tick keep a processor.
    private static readonly TimeSpan LongestSlack = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(1);

    private readonly TimeSpan _slack = layout.Tick < LongestSlack ? layout.Tick : LongestSlack;
    private SpinWait _spinner;
    private int _yields;
    private DateTimeOffset _lastReading;
    private TimeSpan _stalled;

    /// <summary>Lets some time pass on this thread, not much beyond the moment the clock reaches the tick.</summary>
    public void Step(long tick)
    {
        TimeSpan left = LeftUntil(tick);
        if (left <= _slack && _yields < MaxYields)
        {
            _yields++;
            _spinner.SpinOnce(sleep1Threshold: -1); // never Sleep(1): that alone would cost most of a tick
            return;
        }

        ThrowIfStalled();
        TimeSpan due = WithinTimerRange(left - _slack);
        var woken = new TaskCompletionSource();
        using ITimer timer = timeProvider.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(), woken, due, Timeout.InfiniteTimeSpan);

        // Bounded by real time as well, so that a manual clock nobody advances is noticed, and so that a thread pool
        // too busy to fire timers does not hold up the callers that keep it busy.
        woken.Task.Wait(due + _slack);
        _stalled += due;
    }

    /// <summary>Gives how long to let pass, without holding a thread, before looking at the clock again.</summary>
    public TimeSpan NextDelay(long tick)
    {
        TimeSpan left = LeftUntil(tick);
        ThrowIfStalled();
        TimeSpan due = WithinTimerRange(left);
        _stalled += due;
        return due;
    }

    private TimeSpan LeftUntil(long tick)
    {
        DateTimeOffset reading = timeProvider.GetUtcNow();
        if (reading > _lastReading)
        {
            _lastReading = reading;
            _stalled = TimeSpan.Zero;
            _yields = 0;
        }

        return layout.ToInstantOrLast(tick) - reading;
    }

    private readonly void ThrowIfStalled()
    {
        if (_stalled >= patience)
        {
            throw new SnowflakeException(
                SnowflakeFailure.ClockStalled,
                $"The clock has stood at {_lastReading:O} for {_stalled} while a caller waited for its next tick.");
        }
    }

    private static TimeSpan WithinTimerRange(TimeSpan span) =>
        span < ShortestTimer ? ShortestTimer : span > LongestTimer ? LongestTimer : span;
}
