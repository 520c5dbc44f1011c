using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    public TValue GetOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return TryServe(key, new Loaders.Value<TKey, TValue, TState>(state, factory), out CacheLookup<TValue> lookup)
            ? lookup.Value
            : LoadAndWait(key, new Loaders.Value<TKey, TValue, TState>(state, factory), isLease: false).Lookup.Value;
    }

    public CacheLookup<TValue> GetOrLoad<TLoader>(TKey key, TLoader loader)
        where TLoader : struct, ILoader<TKey, TValue> =>
        TryServe(key, loader, out CacheLookup<TValue> lookup) ? lookup : LoadAndWait(key, loader, isLease: false).Lookup;

    public ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(factory);
        var loader = new Loaders.AsyncValue<TKey, TValue, TState>(state, factory);
        return TryServe(key, loader, out CacheLookup<TValue> lookup) ? new(lookup.Value) : Load(this, key, loader, cancellationToken);

        static async ValueTask<TValue> Load(
            CacheCore<TKey, TValue, TPolicy> core, TKey key, Loaders.AsyncValue<TKey, TValue, TState> loader, CancellationToken cancellationToken) =>
            (await core.LoadAsync(key, loader, isLease: false, cancellationToken).ConfigureAwait(false)).Lookup.Value;
    }

    public ValueTask<CacheLookup<TValue>> GetOrLoadAsync<TLoader>(TKey key, TLoader loader, CancellationToken cancellationToken)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        return TryServe(key, loader, out CacheLookup<TValue> lookup) ? new(lookup) : Load(this, key, loader, cancellationToken);

        static async ValueTask<CacheLookup<TValue>> Load(
            CacheCore<TKey, TValue, TPolicy> core, TKey key, TLoader loader, CancellationToken cancellationToken) =>
            (await core.LoadAsync(key, loader, isLease: false, cancellationToken).ConfigureAwait(false)).Lookup;
    }

    public bool TryLease(TKey key, [NotNullWhen(true)] out CacheLease<TValue>? lease)
    {
        ThrowIfNull(key);
        if (TryLeaseEntry(key, out Entry<TKey, TValue>? entry, out _))
        {
            lease = new CacheLease<TValue>(entry.Value, (entry as RichEntry<TKey, TValue>)?.Owner);
            return true;
        }

        lease = null;
        return false;
    }

    public CacheLease<TValue> LeaseOrAdd<TLoader>(TKey key, TLoader loader)
        where TLoader : struct, ILoader<TKey, TValue> =>
        TryServeLease(key, loader) ?? ToLease(LoadAndWait(key, loader, isLease: true));

    public async ValueTask<CacheLease<TValue>> LeaseOrAddAsync<TLoader>(TKey key, TLoader loader, CancellationToken cancellationToken)
        where TLoader : struct, ILoader<TKey, TValue> =>
        TryServeLease(key, loader) ?? ToLease(await LoadAsync(key, loader, isLease: true, cancellationToken).ConfigureAwait(false));

    private static CacheLease<TValue> ToLease(LoadOutcome<TValue> outcome) => new(outcome.Lookup.Value, outcome.Owner);

    /// <summary>Answers from the cache if it can, and starts a refresh if the answer is getting old.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryServe<TLoader>(TKey key, TLoader loader, out CacheLookup<TValue> lookup)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        if (!typeof(TKey).IsValueType && key is null)
        {
            ThrowNullKey();
        }

        Entry<TKey, TValue>? entry = _table.Find(key, out _); // a false "not there" is found out under the lock
        if (entry is null)
        {
            Interlocked.Increment(ref _counters.Misses);
            lookup = default;
            return false;
        }

        if (!entry.IsRich)
        {
            Policy.Hit(entry);
            lookup = CacheLookup<TValue>.Found(entry.Value);
            return true;
        }

        return TryServeRich((RichEntry<TKey, TValue>)entry, loader, out lookup);
    }

    private bool TryServeRich<TLoader>(RichEntry<TKey, TValue> entry, TLoader loader, out CacheLookup<TValue> lookup)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        switch (ReadRichEntry(entry, out long now))
        {
            case Knowledge.Value:
                RefreshIfDue(entry, loader, now);
                lookup = CacheLookup<TValue>.Found(entry.Value);
                return true;
            case Knowledge.Missing when loader.AcceptsMissing:
                lookup = CacheLookup<TValue>.Missing();
                return true;
            case Knowledge.Missing:
                lookup = default; // counted as a miss when it was read
                return false;
            default:
                Interlocked.Increment(ref _counters.Misses);
                lookup = default;
                return false;
        }
    }

    private CacheLease<TValue>? TryServeLease<TLoader>(TKey key, TLoader loader)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        ThrowIfNull(key);
        if (!TryLeaseEntry(key, out Entry<TKey, TValue>? entry, out long now))
        {
            return null;
        }

        var rich = entry as RichEntry<TKey, TValue>;
        if (rich is not null)
        {
            RefreshIfDue(rich, loader, now);
        }

        return new CacheLease<TValue>(entry.Value, rich?.Owner);
    }

    private bool TryLeaseEntry(TKey key, [NotNullWhen(true)] out Entry<TKey, TValue>? entry, out long now)
    {
        // A value that was let go of for good belongs to an entry that has just left: the next look finds another or none.
        do
        {
            entry = _table.Find(key, out bool isCertain);
            if (entry is null && !isCertain)
            {
                entry = FindUnderLock(key);
            }

            now = 0;
            Knowledge knowledge = entry is null ? Knowledge.None : ReadEntry(entry, out now);
            if (knowledge != Knowledge.Value)
            {
                if (knowledge == Knowledge.None)
                {
                    Interlocked.Increment(ref _counters.Misses); // a key known to be missing was counted when it was read
                }

                entry = null;
                return false;
            }
        }
        while (entry is RichEntry<TKey, TValue> { Owner: { } owner } && !owner.TryHold());

        return entry is not null;
    }

    private LoadOutcome<TValue> LoadAndWait<TLoader>(TKey key, TLoader loader, bool isLease)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        FlightNode? outer = FlightNode.Current;
        while (true)
        {
            Load<TKey, TValue>? load = JoinOrBegin(
                key, loader.AcceptsMissing, isLease, isCancellable: false, outer, out bool isMine, out LoadOutcome<TValue> found);
            if (load is null)
            {
                return found;
            }

            LoadOutcome<TValue> outcome = isMine ? Run(load, loader) : load.Task.GetAwaiter().GetResult();
            outer?.StopWaitingFor(load.Run.Node);
            outcome.ThrowIfFailed();
            if (outcome.Lookup.HasValue || loader.AcceptsMissing)
            {
                return NoteStale(outcome);
            }
        }
    }

    private async ValueTask<LoadOutcome<TValue>> LoadAsync<TLoader>(
        TKey key, TLoader loader, bool isLease, CancellationToken cancellationToken)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        cancellationToken.ThrowIfCancellationRequested();
        FlightNode? outer = FlightNode.Current;
        while (true)
        {
            Load<TKey, TValue>? load = JoinOrBegin(
                key, loader.AcceptsMissing, isLease, cancellationToken.CanBeCanceled, outer, out bool isMine, out LoadOutcome<TValue> found);
            if (load is null)
            {
                return found;
            }

            if (isMine)
            {
                _ = RunAsync(load, loader);
            }

            LoadOutcome<TValue> outcome = await WaitAsync(load, isLease, outer, cancellationToken).ConfigureAwait(false);
            outcome.ThrowIfFailed();
            if (outcome.Lookup.HasValue || loader.AcceptsMissing)
            {
                return NoteStale(outcome);
            }
        }
    }

    private LoadOutcome<TValue> NoteStale(LoadOutcome<TValue> outcome)
    {
        if (outcome.IsStale)
        {
            Interlocked.Increment(ref _counters.StaleServed);
        }

        return outcome;
    }

    /// <summary>Finds the load of a key or begins one, unless the key has come into the cache meanwhile.</summary>
    /// <returns>The load; <see langword="null"/> if <paramref name="found"/> is the answer.</returns>
    /// <exception cref="InvalidOperationException">The code of <paramref name="outer"/> would wait for a load that waits for
    /// it.</exception>
    private Load<TKey, TValue>? JoinOrBegin(
        TKey key, bool acceptsMissing, bool isLease, bool isCancellable, FlightNode? outer, out bool isMine, out LoadOutcome<TValue> found)
    {
        uint hash = _table.Keys.Hash(key);
        isMine = false;
        lock (_lock)
        {
            if (TryAnswerLocked(key, hash, acceptsMissing, isLease, out found))
            {
                return null;
            }

            Load<TKey, TValue>? load = FindLoadLocked(key);
            isMine = load is null;
            load ??= new Load<TKey, TValue>(key, hash, new LoadRun(isCancellable, keys: 1), _clock.Now);
            BeginWait(outer, load);
            if (isMine)
            {
                _loads.Add(load);
            }

            load.Waiters++;
            load.LeaseWaiters += isLease ? 1 : 0;
            return load;
        }
    }

    /// <summary>Finds a load that callers may wait for.</summary>
    private Load<TKey, TValue>? FindLoadLocked(TKey key)
    {
        Load<TKey, TValue>? load = _loads.Find(key);
        if (load is not { IsRefresh: true })
        {
            return load;
        }

        // The value ran out before its refresh came back. Nobody waits for what runs in the background and may hang: it is
        // given up.
        _loads.Detach(key);
        return null;
    }

    private bool TryAnswerLocked(TKey key, uint hash, bool acceptsMissing, bool isLease, out LoadOutcome<TValue> found)
    {
        found = default;
        if (_table.FindLocked(key, hash) is not { } entry)
        {
            return false;
        }

        if (entry is not RichEntry<TKey, TValue> rich)
        {
            found = LoadOutcome<TValue>.Found(entry.Value, owner: null);
            return true;
        }

        if ((rich.HasLifetime && !rich.IsLive(_clock.Now)) || (rich.IsMissing && !acceptsMissing))
        {
            return false;
        }

        if (isLease)
        {
            rich.Owner?.TryHold(); // succeeds: what is in the table under the lock is held by the cache
        }

        found = rich.IsMissing ? LoadOutcome<TValue>.Missing() : LoadOutcome<TValue>.Found(rich.Value, rich.Owner);
        return true;
    }

    /// <exception cref="InvalidOperationException">The load waits for the code of <paramref name="outer"/>.</exception>
    private static void BeginWait(FlightNode? outer, Load<TKey, TValue> load)
    {
        if (outer is not null && !outer.TryWaitFor(load.Run.Node))
        {
            throw new InvalidOperationException(
                $"A factory asks for the key '{load.Key}', which is being loaded by itself or by a factory that waits for it; "
                + "waiting for it would never end.");
        }
    }

    private LoadOutcome<TValue> Run<TLoader>(Load<TKey, TValue> load, TLoader loader)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        FlightNode? outer = load.Run.Node.Enter();
        CacheResult<TValue> result = default;
        ExceptionDispatchInfo? failure = null;
        try
        {
            // A synchronous factory: the task is completed. Should a user's be otherwise, this waits for it.
            ValueTask<CacheResult<TValue>> task = loader.LoadAsync(load.Key, CancellationToken.None);
            result = task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();
        }
        catch (Exception exception) when (Capture(exception, out failure))
        {
            // Handed to all who wait, this caller included.
        }
        finally
        {
            FlightNode.Return(outer);
            load.Run.Node.Land();
        }

        long took = Measure(load.StartedAt, ref failure);
        return Complete(load, result, failure, took);
    }

    private async Task RunAsync<TLoader>(Load<TKey, TValue> load, TLoader loader)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        // Both are undone for the caller when this method first returns to it: an async method restores them. The caller's
        // context is hidden, so that a caller who blocks it does not block the others.
        load.Run.Node.Enter();
        SynchronizationContext.SetSynchronizationContext(null);
        CacheResult<TValue> result = default;
        ExceptionDispatchInfo? failure = null;
        try
        {
            result = await loader.LoadAsync(load.Key, load.Run.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (Capture(exception, out failure))
        {
            // Handed to all who wait.
        }

        load.Run.Node.Land();
        long took = Measure(load.StartedAt, ref failure);
        Complete(load, result, failure, took);
    }

    private static bool Capture(Exception exception, out ExceptionDispatchInfo? failure)
    {
        failure = ExceptionDispatchInfo.Capture(exception);
        return true;
    }

    private async ValueTask<LoadOutcome<TValue>> WaitAsync(
        Load<TKey, TValue> load, bool isLease, FlightNode? outer, CancellationToken cancellationToken)
    {
        bool hasOutcome = false;
        try
        {
            LoadOutcome<TValue> outcome = await load.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            hasOutcome = true;
            return outcome;
        }
        finally
        {
            outer?.StopWaitingFor(load.Run.Node);
            if (!hasOutcome)
            {
                Leave(load, isLease);
            }
        }
    }

    private void Leave(Load<TKey, TValue> load, bool isLease)
    {
        SharedValue<TValue>? unwanted = null;
        lock (_lock)
        {
            if (load.IsCompleted)
            {
                unwanted = isLease ? load.OwnerOfOutcome : load.Unclaimed; // a use was counted for this caller
            }
            else
            {
                load.LeaseWaiters -= isLease ? 1 : 0;
                _loads.Leave(load);
            }
        }

        unwanted?.Release();
    }
}
