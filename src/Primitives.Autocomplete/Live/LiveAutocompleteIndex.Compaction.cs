namespace Primitives;

/// <content>Merging the changes into a new frozen index.</content>
public sealed partial class LiveAutocompleteIndex
{
    // While a compaction builds, the terms that change are noted; then they are copied into the new state in rounds, each
    // shorter than the one before, and only the last, of at most this many, under the lock.
    private const int LastRound = 64;
    private const int MaxRounds = 16;

    private List<LiveTerm>? _journal; // of the compaction that runs
    private Task? _compaction;
    private long _started;            // compactions begun
    private long _compactions;        // compactions published
    private int _retryAfter;          // changes to wait for after a compaction that failed

    /// <summary>Merges all changes made so far into a new frozen index.</summary>
    /// <param name="cancellationToken">Ends the waiting; a compaction that has begun goes on.</param>
    /// <returns>A task that ends when the new index is published. It works on the thread pool.</returns>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The index would exceed 2 GB. It stays as it is.</exception>
    public async Task CompactAsync(CancellationToken cancellationToken = default)
    {
        long before;
        lock (_writing)
        {
            before = _started;
        }

        while (true)
        {
            Task compaction;
            bool suffices;
            lock (_writing)
            {
                compaction = _compaction ?? StartLocked();
                suffices = _started > before; // one that began earlier may not have seen all changes
            }

            await Task.WhenAny(compaction).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (suffices)
            {
                await compaction.ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>Replaces everything by an index built elsewhere; changes since it was built are lost. Queries see the old
    /// terms or the new ones.</summary>
    /// <param name="index">The index. If its settings are others than this one's, it is built again with these first.</param>
    /// <exception cref="ArgumentNullException"><paramref name="index"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A score of the index is not possible with the settings.</exception>
    /// <exception cref="InvalidOperationException">Floating-point scores are to become integers.</exception>
    public void ReplaceAll(AutocompleteIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        LiveState state = LiveState.Of(Adapt(index));
        lock (_writing)
        {
            Volatile.Write(ref _state, state); // a compaction that runs will see, and give up
        }
    }

    private void CompactIfDueLocked()
    {
        int limit = _compactAfter > 0 ? _compactAfter : Math.Max(DefaultCompactAfter, _state.Index.Count / 20);
        if (_compaction is null && Changes(_state) >= Math.Max(limit, _retryAfter))
        {
            StartLocked();
        }
    }

    private Task StartLocked()
    {
        _started++;
        return _compaction = Task.Run(Compact);
    }

    private void Compact()
    {
        LiveState start;
        lock (_writing)
        {
            start = _state;
            _journal = [];
        }

        bool failed = true;
        try
        {
            LiveState next = LiveState.Of(Freeze(start));
            for (int round = 1; !TryPublish(start, ref next, round); round++)
            {
            }

            failed = false;
        }
        finally
        {
            lock (_writing)
            {
                _journal = null;
                _compaction = null;
                _retryAfter = failed ? Changes(_state) * 2 : 0;
            }
        }
    }

    /// <returns>Whether the compaction is over.</returns>
    private bool TryPublish(LiveState start, ref LiveState next, int round)
    {
        List<LiveTerm> changed;
        LiveState current;
        lock (_writing)
        {
            current = _state;
            if (current.Hidden != start.Hidden)
            {
                return true; // all was replaced meanwhile, perhaps by the very index this began with
            }

            changed = _journal!;
            if (changed.Count <= LastRound || round == MaxRounds)
            {
                Volatile.Write(ref _state, Copy(changed, current, next));
                Interlocked.Increment(ref _compactions);
                return true;
            }

            _journal = [];
        }

        // Nobody else has this state yet, so its index may be marked without the lock.
        next = Copy(changed, current, next);
        return false;
    }

    private LiveState Copy(List<LiveTerm> changed, LiveState from, LiveState to)
    {
        var edit = new LiveEdit(to, _scale);
        foreach (LiveTerm term in changed)
        {
            edit.Copy(term, from);
        }

        return edit.Finish();
    }
}
