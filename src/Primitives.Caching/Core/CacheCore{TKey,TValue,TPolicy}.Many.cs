using System.Runtime.ExceptionServices;

namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    public async ValueTask<IReadOnlyDictionary<TKey, TValue>> GetOrAddManyAsync<TState>(
        IEnumerable<TKey> keys,
        TState state,
        Func<IReadOnlyList<TKey>, TState, CancellationToken, ValueTask<IReadOnlyDictionary<TKey, TValue>>> factory,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(factory);
        var found = new Dictionary<TKey, TValue>(_table.Keys.Comparer);
        List<TKey> absent = FindMany(keys, found);
        if (absent.Count == 0)
        {
            return found;
        }

        cancellationToken.ThrowIfCancellationRequested();
        (List<Load<TKey, TValue>> all, List<Load<TKey, TValue>> mine) = JoinOrBeginMany(absent, found, cancellationToken.CanBeCanceled);
        if (mine.Count > 0)
        {
            _ = RunManyAsync(mine, state, factory);
        }

        await WaitManyAsync(all, found, cancellationToken).ConfigureAwait(false);
        return found;
    }

    private List<TKey> FindMany(IEnumerable<TKey> keys, Dictionary<TKey, TValue> found)
    {
        var seen = new HashSet<TKey>(_table.Keys.Comparer);
        List<TKey> absent = [];
        foreach (TKey key in keys)
        {
            ThrowIfNull(key);
            if (!seen.Add(key))
            {
                continue;
            }

            CacheLookup<TValue> lookup = Lookup(key);
            if (lookup.TryGetValue(out TValue? value))
            {
                found.Add(key, value);
            }
            else if (!lookup.IsMissing)
            {
                absent.Add(key);
            }
        }

        return absent;
    }

    private (List<Load<TKey, TValue>> All, List<Load<TKey, TValue>> Mine) JoinOrBeginMany(
        List<TKey> absent, Dictionary<TKey, TValue> found, bool isCancellable)
    {
        List<Load<TKey, TValue>> all = [];
        List<Load<TKey, TValue>> mine = [];
        LoadRun? current = _currentRun.Value;
        lock (_lock)
        {
            long now = _clock.Now;
            var own = new LoadRun(isCancellable, keys: 0);
            foreach (TKey key in absent)
            {
                uint hash = _table.Keys.Hash(key);
                if (TryAnswerLocked(key, hash, acceptsMissing: true, isLease: false, out LoadOutcome<TValue> answer))
                {
                    if (answer.Lookup.TryGetValue(out TValue? value))
                    {
                        found.Add(key, value);
                    }

                    continue;
                }

                if (_loads.Find(key) is { IsRefresh: true })
                {
                    _loads.Detach(key);
                }

                all.Add(JoinOrBeginLocked(key, hash, own, current, now, mine));
            }

            // Only when nothing can throw any more does anybody count on this caller.
            foreach (Load<TKey, TValue> load in mine)
            {
                own.WantKey();
                _loads.Add(load);
            }

            foreach (Load<TKey, TValue> load in all)
            {
                load.Waiters++;
                current?.BeginWait(load.Run);
            }
        }

        return (all, mine);
    }

    private Load<TKey, TValue> JoinOrBeginLocked(
        TKey key, uint hash, LoadRun own, LoadRun? current, long now, List<Load<TKey, TValue>> mine)
    {
        if (_loads.Find(key) is { } running)
        {
            ThrowIfCircular(running, current);
            return running;
        }

        var load = new Load<TKey, TValue>(key, hash, own, now, isRefresh: false);
        mine.Add(load);
        return load;
    }

    private async Task RunManyAsync<TState>(
        List<Load<TKey, TValue>> loads,
        TState state,
        Func<IReadOnlyList<TKey>, TState, CancellationToken, ValueTask<IReadOnlyDictionary<TKey, TValue>>> factory)
    {
        LoadRun run = loads[0].Run;
        _currentRun.Value = run;
        CacheResult<TValue>[] results = [];
        ExceptionDispatchInfo? failure = null;
        try
        {
            IReadOnlyDictionary<TKey, TValue> values = await factory(loads.ConvertAll(static load => load.Key), state, run.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The factory returned null instead of a dictionary.");

            // Here, because the dictionary is the user's too, and if it throws, all who wait must be told.
            results = [.. loads.Select(load => values.TryGetValue(load.Key, out TValue? value)
                ? CacheResult<TValue>.Store(value)
                : CacheResult<TValue>.Missing())];
        }
        catch (Exception exception) when (Capture(exception, out failure))
        {
            // Handed to all who wait for any of the keys.
        }

        _counters.AddLoad(failure is null, _clock.Now - loads[0].StartedAt);
        for (int i = 0; i < loads.Count; i++)
        {
            Complete(loads[i], failure is null ? results[i] : default, failure);
        }
    }

    private async Task WaitManyAsync(
        List<Load<TKey, TValue>> loads, Dictionary<TKey, TValue> found, CancellationToken cancellationToken)
    {
        int done = 0;
        try
        {
            for (; done < loads.Count; done++)
            {
                LoadOutcome<TValue> outcome = await loads[done].Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                EndWait(loads[done]);
                outcome.ThrowIfFailed();
                if (NoteStale(outcome).Lookup.TryGetValue(out TValue? value))
                {
                    found[loads[done].Key] = value;
                }
            }
        }
        finally
        {
            for (; done < loads.Count; done++)
            {
                EndWait(loads[done]);
                Leave(loads[done], isLease: false);
            }
        }
    }
}
