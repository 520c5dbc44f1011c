namespace Primitives;

/// <summary>Lets one caller at a time pass per key; the others wait without a thread, first come first served. Holds state
/// only for keys in use. Thread-safe.</summary>
internal sealed class KeyTurns<TKey>
    where TKey : notnull
{
    // Invariant: a key is here while somebody has its turn; the queue holds those that wait for it, in order.
    private readonly Dictionary<TKey, LinkedList<TaskCompletionSource>> _waiting;
    private readonly Lock _lock = new();

    public KeyTurns(IEqualityComparer<TKey>? comparer)
    {
        _waiting = new Dictionary<TKey, LinkedList<TaskCompletionSource>>(comparer);
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Waits for the key's turn; end it with <see cref="Leave"/>.</summary>
    public async ValueTask EnterAsync(TKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_waiting.TryAdd(key, []))
            {
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting[key].AddLast(turn);
        }

        await turn.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellationToken.IsCancellationRequested)
        {
            GiveUp(key, turn);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void Leave(TKey key)
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            LinkedList<TaskCompletionSource> queue = _waiting[key];
            if (queue.First is null)
            {
                _waiting.Remove(key);
                return;
            }

            next = queue.First.Value;
            queue.RemoveFirst();
        }

        next.SetResult();
    }

    private void GiveUp(TKey key, TaskCompletionSource turn)
    {
        lock (_lock)
        {
            if (_waiting[key].Remove(turn))
            {
                return;
            }
        }

        Leave(key); // the turn had come already, at the moment of the cancellation: pass it on
    }
}
