namespace Primitives.Tests;

/// <summary>A clock that does something when it is read the next time: limiters read it under their lock, and so what is
/// started meanwhile meets that lock held.</summary>
internal sealed class HookedClock(TimeProvider inner) : TimeProvider
{
    private Action? _onNextRead;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override long GetTimestamp()
    {
        Interlocked.Exchange(ref _onNextRead, null)?.Invoke();
        return inner.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, dueTime, period);

    /// <summary>At the next reading, runs something on a thread of its own until that ends or has to wait.</summary>
    public Thread OnNextRead(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true };
        Volatile.Write(ref _onNextRead, () =>
        {
            thread.Start();
            SpinWait.SpinUntil(() => (thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0, TimeSpan.FromSeconds(30));
        });
        return thread;
    }
}
