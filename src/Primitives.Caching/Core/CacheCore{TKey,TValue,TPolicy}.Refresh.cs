namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    private void RefreshIfDue<TLoader>(RichEntry<TKey, TValue> entry, TLoader loader, long now)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        if (entry.HasLifetime
            && now >= Volatile.Read(ref entry.NoRefreshBefore)
            && _refreshRule.IsDue(now, entry.RefreshAt, entry.ExpiresAt, entry.LoadTicks, entry.Hash))
        {
            BeginRefresh(entry, loader, now);
        }
    }

    /// <summary>Starts to load an entry anew, on the pool and for nobody's account: it has neither the caller's token nor
    /// anything else of the caller's context.</summary>
    private void BeginRefresh<TLoader>(RichEntry<TKey, TValue> entry, TLoader loader, long now)
        where TLoader : struct, ILoader<TKey, TValue>
    {
        Load<TKey, TValue> load;
        lock (_lock)
        {
            if (_isDisposed || !ReferenceEquals(_table.FindLocked(entry.Key, entry.Hash), entry))
            {
                return; // replaced or removed since it was read
            }

            if (_loads.Find(entry.Key) is { } running)
            {
                if (!running.IsRefresh || now - running.StartedAt < entry.RefreshTicks)
                {
                    return;
                }

                _loads.Detach(entry.Key); // stuck: it must not keep the old value in place for ever
            }

            load = new Load<TKey, TValue>(
                entry.Key, entry.Hash, new LoadRun(isCancellable: true, keys: 1), now, refreshed: entry);
            _loads.Add(load);
        }

        Interlocked.Increment(ref _counters.Refreshes);
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Core.RunAsync(work.Load, work.Loader), new RefreshWork<TLoader>(this, load, loader), preferLocal: false);
    }

    private readonly record struct RefreshWork<TLoader>(
        CacheCore<TKey, TValue, TPolicy> Core, Load<TKey, TValue> Load, TLoader Loader)
        where TLoader : struct, ILoader<TKey, TValue>;
}
