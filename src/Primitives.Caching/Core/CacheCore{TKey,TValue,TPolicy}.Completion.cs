using System.Runtime.ExceptionServices;

namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    // A refresh that failed is not tried again at the very next read, or a broken source would be asked all the time.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Ends a load: stores what the factory decided, if the load was not detached, and hands it to all who
    /// wait.</summary>
    private LoadOutcome<TValue> Complete(Load<TKey, TValue> load, in CacheResult<TValue> result, ExceptionDispatchInfo? failure)
    {
        long took = Math.Max(1, _clock.Now - load.StartedAt);
        Entry<TKey, TValue>? entry = null;
        if (failure is null)
        {
            try
            {
                entry = Make(load, result, took); // here, as the weigher must not run under the lock
            }
            catch (Exception exception) when (Capture(exception, out failure))
            {
                // A weigher that throws, or a lifetime that is not positive, is the loader's failure.
            }
        }

        List<Removal<TKey, TValue>>? removals = null;
        SharedValue<TValue>? unwanted = null;
        LoadOutcome<TValue> outcome;
        lock (_lock)
        {
            bool isCurrent = _loads.Complete(load);
            outcome = failure is null
                ? SucceedLocked(load, isCurrent, result, entry, ref removals, out unwanted)
                : FailLocked(load, isCurrent, failure);
            load.OwnerOfOutcome = outcome.Owner;
        }

        Notify(removals);
        unwanted?.Release();
        load.TrySetResult(outcome);
        return outcome;
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
        bool isStored = isCurrent && entry is not null && StoreLocked(entry, ref removals);
        if (isCurrent && entry is null && _table.FindLocked(load.Key, load.Hash) is { } outdated)
        {
            RemoveLocked(outdated, ReasonToReplaceLocked(outdated), ref removals);
        }

        if (result.Kind == CacheResultKind.Missing)
        {
            return LoadOutcome<TValue>.Missing();
        }

        SharedValue<TValue>? owner = isStored ? (entry as RichEntry<TKey, TValue>)?.Owner : null;
        int holds = load.LeaseWaiters;
        if (!isStored && _ownsValues && holds > 0)
        {
            // Not the cache's, so the leases are its only holders: the creator's hold is one of theirs.
            owner = new SharedValue<TValue>(result.Value!, _counters.Contain);
            holds--;
        }
        else if (!isStored && _ownsValues && load.Waiters == 0 && !IsInUseLocked(load, result.Value))
        {
            // A refresh, or a load that all have left, that may not be stored: nobody else will ever see the value.
            unwanted = new SharedValue<TValue>(result.Value!, _counters.Contain);
        }

        for (; owner is not null && holds > 0; holds--)
        {
            owner.TryHold();
        }

        return LoadOutcome<TValue>.Found(result.Value!, owner);
    }

    // A factory may return the very object that has been set meanwhile.
    private bool IsInUseLocked(Load<TKey, TValue> load, TValue? value) =>
        _table.FindLocked(load.Key, load.Hash) is { } entry && ReferenceEquals(entry.Value, value);

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

        for (int holds = load.LeaseWaiters; entry.Owner is not null && holds > 0; holds--)
        {
            entry.Owner.TryHold();
        }

        return LoadOutcome<TValue>.Found(entry.Value, entry.Owner, isStale: true);
    }
}
