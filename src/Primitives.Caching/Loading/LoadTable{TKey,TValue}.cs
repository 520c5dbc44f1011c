namespace Primitives;

/// <summary>The loads under way, at most one for a key that may still be stored.</summary>
/// <remarks>
/// <para>A load that is detached goes on for those who wait, but is in the table no more: it will not be stored, and the
/// next caller starts another. That is how a removal, which is older than what the factory then returns, prevails.</para>
/// <para>Guarded by the cache's lock.</para>
/// </remarks>
internal sealed class LoadTable<TKey, TValue>(IEqualityComparer<TKey>? comparer)
    where TKey : notnull
{
    // Invariant: what is found is not completed. A completed load is in here only if the user's comparer threw when it
    // should have been removed; the next load of its key takes its place.
    private readonly Dictionary<TKey, Load<TKey, TValue>> _loads = new(comparer);

    public int Count => _loads.Values.Count(static load => !load.IsCompleted);

    public Load<TKey, TValue>? Find(TKey key) =>
        _loads.Count > 0 && _loads.TryGetValue(key, out Load<TKey, TValue>? load) && !load.IsCompleted ? load : null;

    public void Add(Load<TKey, TValue> load) => _loads[load.Key] = load;

    public void Detach(TKey key)
    {
        if (_loads.Count > 0 && _loads.Remove(key, out Load<TKey, TValue>? load))
        {
            AbandonIfUnwanted(load);
        }
    }

    public void DetachAll()
    {
        foreach (Load<TKey, TValue> load in _loads.Values)
        {
            AbandonIfUnwanted(load);
        }

        _loads.Clear();
    }

    /// <summary>Takes note that a load is over.</summary>
    /// <returns>Whether it may be stored: it was not detached meanwhile.</returns>
    public bool Complete(Load<TKey, TValue> load)
    {
        load.IsCompleted = true;
        if (!_loads.TryGetValue(load.Key, out Load<TKey, TValue>? current) || !ReferenceEquals(current, load))
        {
            return false;
        }

        _loads.Remove(load.Key);
        return true;
    }

    /// <summary>Takes note that a caller waits no more. When it was the last, the load is given up.</summary>
    public void Leave(Load<TKey, TValue> load)
    {
        if (--load.Waiters > 0 || load.IsRefresh || load.IsCompleted)
        {
            return;
        }

        if (ReferenceEquals(Find(load.Key), load))
        {
            _loads.Remove(load.Key);
        }

        load.Run.AbandonKey();
    }

    // Nobody but the cache wanted a refresh. What callers wait for goes on.
    private static void AbandonIfUnwanted(Load<TKey, TValue> load)
    {
        if (load.Waiters == 0 && !load.IsCompleted)
        {
            load.Run.AbandonKey();
        }
    }
}
