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
        FlightNode? outer = FlightNode.Current;
        (List<Load<TKey, TValue>> all, List<Load<TKey, TValue>> mine) = JoinOrBeginMany(absent, found, outer, cancellationToken.CanBeCanceled);
        if (mine.Count > 0)
        {
            _ = RunManyAsync(mine, state, factory);
        }

        await WaitManyAsync(all, found, outer, cancellationToken).ConfigureAwait(false);
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
        List<TKey> absent, Dictionary<TKey, TValue> found, FlightNode? outer, bool isCancellable)
    {
        List<Load<TKey, TValue>> joined = [];
        List<Load<TKey, TValue>> mine = [];
        lock (_lock)
        {
            try
            {
                var own = new LoadRun(isCancellable, keys: 0);
                FindOrJoinLocked(absent, found, outer, own, joined, mine);
                mine.ForEach(load =>
                {
                    own.WantKey();
                    BeginWait(outer, load);
                    _loads.Add(load);
                });
            }
            catch
            {
                // A circle, or a comparer that throws: nobody must count on what will never run.
                joined.ForEach(load => outer?.StopWaitingFor(load.Run.Node));
                mine.ForEach(static load => load.IsCompleted = true);
                throw;
            }

            List<Load<TKey, TValue>> all = [.. joined, .. mine];
            all.ForEach(static load => load.Waiters++);
            return (all, mine);
        }
    }

    private void FindOrJoinLocked(
        List<TKey> absent,
        Dictionary<TKey, TValue> found,
        FlightNode? outer,
        LoadRun own,
        List<Load<TKey, TValue>> joined,
        List<Load<TKey, TValue>> mine)
    {
        long now = _clock.Now;
        foreach (TKey key in absent)
        {
            uint hash = _table.Keys.Hash(key);
            if (TryAnswerLocked(key, hash, acceptsMissing: true, isLease: false, out LoadOutcome<TValue> answer))
            {
                if (answer.Lookup.TryGetValue(out TValue? value))
                {
                    found.Add(key, value);
                }
            }
            else if (FindLoadLocked(key) is { } running)
            {
                BeginWait(outer, running);
                joined.Add(running);
            }
            else
            {
                mine.Add(new Load<TKey, TValue>(key, hash, own, now));
            }
        }
    }

    private async Task RunManyAsync<TState>(
        List<Load<TKey, TValue>> loads,
        TState state,
        Func<IReadOnlyList<TKey>, TState, CancellationToken, ValueTask<IReadOnlyDictionary<TKey, TValue>>> factory)
    {
        LoadRun run = loads[0].Run;
        run.Node.Enter();
        SynchronizationContext.SetSynchronizationContext(null);
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

        run.Node.Land();
        long took = Measure(loads[0].StartedAt, ref failure);
        List<Removal<TKey, TValue>>? removals = null;
        List<SharedValue<TValue>> unwanted = [];
        for (int i = 0; i < loads.Count; i++)
        {
            Settle(loads[i], failure is null ? results[i] : default, failure, took, ref removals, out SharedValue<TValue>? value);
            if (value is not null)
            {
                unwanted.Add(value);
            }
        }

        Notify(removals); // after all who wait for any of the keys were released
        unwanted.ForEach(static value => value.Release());
    }

    private async Task WaitManyAsync(
        List<Load<TKey, TValue>> loads, Dictionary<TKey, TValue> found, FlightNode? outer, CancellationToken cancellationToken)
    {
        int done = 0;
        try
        {
            while (done < loads.Count)
            {
                LoadOutcome<TValue> outcome = await loads[done].Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                Load<TKey, TValue> load = loads[done++];
                outer?.StopWaitingFor(load.Run.Node);
                outcome.ThrowIfFailed();
                if (NoteStale(outcome).Lookup.TryGetValue(out TValue? value))
                {
                    found[load.Key] = value;
                }
            }
        }
        finally
        {
            for (; done < loads.Count; done++)
            {
                outer?.StopWaitingFor(loads[done].Run.Node);
                Leave(loads[done], isLease: false);
            }
        }
    }
}
