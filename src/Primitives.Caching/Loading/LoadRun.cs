namespace Primitives;

/// <summary>One execution of a factory, for one key or for many: whether anybody still wants it, and whom it waits
/// for.</summary>
/// <remarks>Everything but the token is guarded by the cache's lock.</remarks>
internal sealed class LoadRun(bool isCancellable, int keys)
{
    private readonly CancellationTokenSource? _cancellation = isCancellable ? new CancellationTokenSource() : null;
    private List<LoadRun>? _waitsFor;
    private int _wanted = keys; // keys that somebody waits for

    public CancellationToken Token => _cancellation?.Token ?? CancellationToken.None;

    /// <summary>Adds a key that somebody waits for.</summary>
    public void WantKey() => _wanted++;

    /// <summary>Notes that nobody waits for one of the keys any more; with the last of them the factory is told to
    /// stop.</summary>
    public void AbandonKey()
    {
        if (--_wanted == 0)
        {
            // The callbacks of the token are the user's: they run on the pool, not here under the lock.
            _ = _cancellation?.CancelAsync();
        }
    }

    /// <summary>Notes that code of this run's factory waits for another run.</summary>
    public void BeginWait(LoadRun other) => (_waitsFor ??= []).Add(other);

    public void EndWait(LoadRun other) => _waitsFor?.Remove(other);

    /// <summary>Whether this run is <paramref name="other"/>, or waits for it directly or through others: then waiting for
    /// this run from inside the other's factory would never end.</summary>
    public bool DependsOn(LoadRun other)
    {
        var seen = new HashSet<LoadRun>();
        var open = new Stack<LoadRun>([this]);
        while (open.TryPop(out LoadRun? run))
        {
            if (ReferenceEquals(run, other))
            {
                return true;
            }

            if (seen.Add(run))
            {
                run._waitsFor?.ForEach(open.Push);
            }
        }

        return false;
    }
}
