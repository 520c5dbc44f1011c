using System.Runtime.ExceptionServices;

namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    // A refresh that failed is not tried again at the very next read, or a broken source would be asked all the time.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Tells how long a factory ran, and counts its run.</summary>
    private long Measure(long startedAt, ref ExceptionDispatchInfo? failure)
    {
        long took = 0;
        try
        {
            took = Math.Max(0, _clock.Now - startedAt);
        }
        catch (Exception exception) when (Capture(exception, out ExceptionDispatchInfo? clockFailure))
        {
            failure ??= clockFailure; // a clock that throws must not keep those waiting who wait
        }

        _counters.AddLoad(failure is null, took);
        return Math.Max(1, took);
    }

    /// <summary>Ends a load: stores what the factory decided, if the load was not detached, hands it to all who wait, and
    /// then tells of what gave way.</summary>
    private LoadOutcome<TValue> Complete(
        Load<TKey, TValue> load, in CacheResult<TValue> result, ExceptionDispatchInfo? failure, long took)
    {
        List<Removal<TKey, TValue>>? removals = null;
        LoadOutcome<TValue> outcome = Settle(load, result, failure, took, ref removals, out SharedValue<TValue>? unwanted);
        Notify(removals);
        unwanted?.Release();
        return outcome;
    }

    /// <summary>Ends a load and releases those who wait, before any notification runs: a slow one holds up nobody else.
    /// Never throws: whatever code of the user's does, all who wait are told.</summary>
    private LoadOutcome<TValue> Settle(
        Load<TKey, TValue> load,
        in CacheResult<TValue> result,
        ExceptionDispatchInfo? failure,
        long took,
        ref List<Removal<TKey, TValue>>? removals,
        out SharedValue<TValue>? unwanted)
    {
        LoadOutcome<TValue> outcome = default;
        unwanted = null;
        if (failure is null)
        {
            try
            {
                outcome = Succeed(load, result, took, ref removals, out unwanted);
            }
            catch (Exception exception) when (Capture(exception, out failure))
            {
                // A weigher, a comparer or a clock that throws, or a lifetime that is not positive: the loader's failure.
            }
        }

        if (failure is not null)
        {
            outcome = Fail(load, failure, result, ref unwanted);
        }

        load.TrySetResult(outcome);
        return outcome;
    }

    private LoadOutcome<TValue> Succeed(
        Load<TKey, TValue> load, in CacheResult<TValue> result, long took, ref List<Removal<TKey, TValue>>? removals, out SharedValue<TValue>? unwanted)
    {
        Entry<TKey, TValue>? entry = Make(load, result, took); // here, as the weigher must not run under the lock
        lock (_lock)
        {
            bool isCurrent = _loads.Complete(load);
            LoadOutcome<TValue> outcome = SucceedLocked(load, isCurrent, result, entry, ref removals, out unwanted);
            load.OwnerOfOutcome = outcome.Owner;
            return outcome;
        }
    }

    private LoadOutcome<TValue> Fail(
        Load<TKey, TValue> load, ExceptionDispatchInfo failure, in CacheResult<TValue> result, ref SharedValue<TValue>? unwanted)
    {
        try
        {
            lock (_lock)
            {
                bool isCurrent = _loads.Complete(load);
                if (_ownsValues && result.Kind != CacheResultKind.Missing && !IsKnownLocked(load, result.Value, out _))
                {
                    unwanted = new SharedValue<TValue>(result.Value!, _counters.Contain); // nobody gets it
                }

                LoadOutcome<TValue> outcome = FailLocked(load, isCurrent, failure);
                load.OwnerOfOutcome = outcome.Owner;
                return outcome;
            }
        }
        catch (Exception exception) when (_counters.Contain(exception))
        {
            return LoadOutcome<TValue>.Failed(failure);
        }
    }

    private Entry<TKey, TValue>? Make(Load<TKey, TValue> load, in CacheResult<TValue> result, long took) => result.Kind switch
    {
        CacheResultKind.Store => _maker.Make(load.Key, load.Hash, result.Value!, result.Options, took),
        CacheResultKind.Missing => _maker.MakeMissing(load.Key, load.Hash, result.Options.ExpireAfterWrite),
        _ => null,
    };

    private LoadOutcome<TValue> SucceedLocked(
        Load<TKey, TValue> load, bool isCurrent, in CacheResult<TValue> result, Entry<TKey, TValue>? entry, ref List<Removal<TKey, TValue>>? removals, out SharedValue<TValue>? unwanted)
    {
        unwanted = null;
        SharedValue<TValue>? knownOwner = null;
        bool isKnown = _ownsValues && IsKnownLocked(load, result.Value, out knownOwner); // asked before anything is removed

        // The value of a refresh whose entry has left the cache, returned once more, may be disposed of already.
        bool isGone = isKnown && knownOwner is null;
        bool isStored = isCurrent && entry is not null && !isGone && StoreLocked(entry, ref removals);
        if (isCurrent && entry is null && _table.FindLocked(load.Key, load.Hash) is { } outdated)
        {
            RemoveLocked(outdated, ReasonToReplaceLocked(outdated), ref removals);
        }

        if (result.Kind == CacheResultKind.Missing)
        {
            return LoadOutcome<TValue>.Missing();
        }

        if (isStored || isKnown || !_ownsValues)
        {
            SharedValue<TValue>? owner = isStored ? (entry as RichEntry<TKey, TValue>)?.Owner : knownOwner;
            Hold(owner, load.LeaseWaiters);
            return LoadOutcome<TValue>.Found(result.Value!, owner);
        }

        return LoadOutcome<TValue>.Found(result.Value!, HandOverLocked(load, result.Value!, out unwanted));
    }

    /// <summary>Gives away a value that is not the cache's: to the leases, or to the callers, or to nobody.</summary>
    /// <returns>What the leases share.</returns>
    private SharedValue<TValue>? HandOverLocked(Load<TKey, TValue> load, TValue value, out SharedValue<TValue>? unwanted)
    {
        var owner = new SharedValue<TValue>(value, _counters.Contain);
        unwanted = load.Waiters == 0 ? owner : null;
        Hold(owner, (load.LeaseWaiters > 0 ? load.LeaseWaiters : load.Waiters) - 1); // the first hold is the creator's
        load.Unclaimed = load.LeaseWaiters == 0 ? owner : null;
        return load.LeaseWaiters > 0 ? owner : null;
    }

    private static void Hold(SharedValue<TValue>? owner, int holds)
    {
        for (; owner is not null && holds > 0; holds--)
        {
            owner.TryHold();
        }
    }

    /// <summary>Whether a factory returned the very object that the cache holds under the key, or held when the refresh
    /// began: it is owned already.</summary>
    /// <param name="load">The load.</param>
    /// <param name="value">What it returned.</param>
    /// <param name="owner">Its owner, if the cache still holds it.</param>
    private bool IsKnownLocked(Load<TKey, TValue> load, TValue? value, out SharedValue<TValue>? owner)
    {
        owner = null;
        if (typeof(TValue).IsValueType || value is null)
        {
            return false;
        }

        if (_table.FindLocked(load.Key, load.Hash) is RichEntry<TKey, TValue> entry && ReferenceEquals(entry.Value, value))
        {
            owner = entry.Owner;
            return true;
        }

        return load.Refreshed is { } refreshed && ReferenceEquals(refreshed.Value, value);
    }

    private LoadOutcome<TValue> FailLocked(Load<TKey, TValue> load, bool isCurrent, ExceptionDispatchInfo failure)
    {
        if (!isCurrent || _table.FindLocked(load.Key, load.Hash) is not RichEntry<TKey, TValue> { IsMissing: false } entry)
        {
            return LoadOutcome<TValue>.Failed(failure);
        }

        long now = _clock.Now;
        if (load.IsRefresh)
        {
            entry.NoRefreshBefore = Clock.Add(now, Math.Min(_clock.ToTicks(PauseAfterFailure), entry.RefreshTicks));
        }

        // In the table and not live, so this is within the time it is kept for this very purpose, or about to be removed.
        if (now >= entry.KeptUntil)
        {
            return LoadOutcome<TValue>.Failed(failure);
        }

        Hold(entry.Owner, load.LeaseWaiters);
        return LoadOutcome<TValue>.Found(entry.Value, entry.Owner, isStale: true);
    }
}
