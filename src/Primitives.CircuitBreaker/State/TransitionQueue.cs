namespace Primitives;

/// <summary>
/// Tells an observer of transitions on thread-pool threads, one at a time and in order. The queue is the chain of phases
/// itself: who made a transition links it and signals.
/// </summary>
internal sealed class TransitionQueue(CircuitPhase first, Action<CircuitTransition> observer) : IThreadPoolWorkItem
{
    private CircuitPhase _told = first; // the phase the observer was last told of; touched by the one that drains only
    private int _signals;
    private long _failures;

    public long Failures => Volatile.Read(ref _failures);

    public void Add(CircuitPhase from, CircuitPhase to)
    {
        // A transition that follows may be linked first; its link is found once this one is there.
        from.Next = to;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Whoever raises the signals from zero drains, until it has answered all that came meanwhile.
        int seen;
        do
        {
            seen = Volatile.Read(ref _signals);
            while (_told.Next is { } next)
            {
                Tell(_told, next);
                _told.Next = null;
                _told = next;
            }
        }
        while (Interlocked.Add(ref _signals, -seen) != 0);
    }

    private void Tell(CircuitPhase from, CircuitPhase to)
    {
        try
        {
            observer(new CircuitTransition(
                from.State, to.State, to.Generation, to.BreakDuration, to.Opens, to.Cause.Calls, to.Cause.Failures, to.Cause.Slow));
        }
        catch (Exception exception) when (Note(exception))
        {
            // Counted; an observer must not take the process down.
        }
    }

    private bool Note(Exception exception)
    {
        _ = exception;
        Interlocked.Increment(ref _failures);
        return true;
    }
}
