using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    public bool Set(TKey key, TValue value, in CacheEntryOptions options)
    {
        ThrowIfNull(key);
        Entry<TKey, TValue> entry = _maker.Make(key, _table.Keys.Hash(key), value, options, loadTicks: 0);
        List<Removal<TKey, TValue>>? removals = null;
        bool isStored;
        lock (_lock)
        {
            _loads.Detach(key); // what it returns is older than this value
            isStored = StoreLocked(entry, ref removals);
        }

        Notify(removals);
        return isStored;
    }

    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ThrowIfNull(key);
        uint hash = _table.Keys.Hash(key);
        List<Removal<TKey, TValue>>? removals = null;
        bool isFound = false;
        value = default;
        lock (_lock)
        {
            _loads.Detach(key); // or what was removed would come back
            if (_table.FindLocked(key, hash) is { } entry)
            {
                RichEntry<TKey, TValue>? rich = entry as RichEntry<TKey, TValue>;
                bool isLive = rich is null || !rich.HasLifetime || rich.IsLive(_clock.Now);
                isFound = isLive && rich is not { IsMissing: true };
                value = isFound ? entry.Value : default;
                RemoveLocked(entry, isLive ? CacheRemovalReason.Removed : CacheRemovalReason.Expired, ref removals);
            }
        }

        Notify(removals);
        return isFound;
    }

    public void Clear()
    {
        List<Removal<TKey, TValue>>? removals;
        lock (_lock)
        {
            removals = ClearLocked();
        }

        Notify(removals);
    }

    public void Trim(long weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(weight);
        List<Removal<TKey, TValue>>? removals = null;
        lock (_lock)
        {
            TrimLocked(weight, ref removals);
        }

        Notify(removals);
    }

    public void Dispose()
    {
        List<Removal<TKey, TValue>>? removals;
        lock (_lock)
        {
            _isDisposed = true;
            removals = ClearLocked();
            _timer?.Dispose();
        }

        Notify(removals);
    }

    private List<Removal<TKey, TValue>>? ClearLocked()
    {
        _loads.DetachAll();
        List<Removal<TKey, TValue>>? removals = null;
        if (_onRemoved is not null || _ownsValues)
        {
            removals = [.. _table.EntriesLocked().Select(entry => new Removal<TKey, TValue>(entry, CacheRemovalReason.Cleared))];
        }

        _table.ClearLocked();
        Policy.ClearLocked();
        _wheel?.Clear();
        Volatile.Write(ref _weight, 0);
        return removals;
    }

    private void TrimLocked(long weight, ref List<Removal<TKey, TValue>>? removals)
    {
        while (_weight > weight)
        {
            EvictLocked(Policy.OverflowLocked(0, mustEvict: true)!, ref removals);
        }

        AssertInvariantsLocked();
    }

    /// <summary>Puts an entry into the cache, in place of any other of its key.</summary>
    /// <returns><see langword="false"/> if it weighs too much, or the cache is disposed.</returns>
    private bool StoreLocked(Entry<TKey, TValue> entry, ref List<Removal<TKey, TValue>>? removals)
    {
        Entry<TKey, TValue>? old = _table.FindLocked(entry.Key, entry.Hash);
        if (entry.Weight > _capacity || _isDisposed)
        {
            _counters.Rejections += _isDisposed ? 0 : 1;
            if (old is not null)
            {
                RemoveLocked(old, ReasonToReplaceLocked(old), ref removals);
            }

            return false;
        }

        if (old is null)
        {
            Policy.PrepareLocked(entry.Hash);
            MakeRoomLocked(entry.Weight, ref removals);
            Volatile.Write(ref _weight, _weight + entry.Weight); // before it can be found, so that no sum is ever too low
            _table.AddLocked(entry);
            Policy.AddLocked(entry);
        }
        else
        {
            ReplaceLocked(old, entry, ref removals);
        }

        if (entry.IsRich)
        {
            ScheduleLocked(entry);
        }

        AssertInvariantsLocked();
        return true;
    }

    private void ReplaceLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh, ref List<Removal<TKey, TValue>>? removals)
    {
        CacheRemovalReason reason = ReasonToReplaceLocked(old);
        ShareOwnerLocked(old, fresh);
        if (old.Weight == fresh.Weight)
        {
            Policy.ReplaceLocked(old, fresh);
        }
        else
        {
            // Out of the policy, so that it is no victim, but in the table: a reader finds the one value or the other.
            Policy.RemoveLocked(old);
            Policy.PrepareLocked(fresh.Hash);
            MakeRoomLocked(fresh.Weight - (long)old.Weight, ref removals, fresh.Weight);
            Volatile.Write(ref _weight, _weight + fresh.Weight - old.Weight);
            Policy.AddLocked(fresh);
        }

        _table.ReplaceLocked(old, fresh);
        UnscheduleLocked(old);
        NoteLocked(old, reason, ref removals);
    }

    /// <summary>The same object set again goes on being owned once, or it would be disposed of while in the cache.</summary>
    private static void ShareOwnerLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh)
    {
        if (!typeof(TValue).IsValueType
            && ReferenceEquals(old.Value, fresh.Value)
            && (old as RichEntry<TKey, TValue>)?.Owner is { } owner
            && owner.TryHold())
        {
            ((RichEntry<TKey, TValue>)fresh).Owner = owner;
        }
    }

    private void MakeRoomLocked(long more, ref List<Removal<TKey, TValue>>? removals, long? incoming = null)
    {
        while (Policy.OverflowLocked(incoming ?? more, mustEvict: _weight + more > _capacity) is { } victim)
        {
            EvictLocked(victim, ref removals);
        }
    }

    private void EvictLocked(Entry<TKey, TValue> victim, ref List<Removal<TKey, TValue>>? removals) =>
        RemoveLocked(victim, CacheRemovalReason.Evicted, ref removals);

    private void RemoveLocked(Entry<TKey, TValue> entry, CacheRemovalReason reason, ref List<Removal<TKey, TValue>>? removals)
    {
        _table.RemoveLocked(entry);
        Policy.RemoveLocked(entry);
        Volatile.Write(ref _weight, _weight - entry.Weight);
        UnscheduleLocked(entry);
        NoteLocked(entry, reason, ref removals);
    }

    private CacheRemovalReason ReasonToReplaceLocked(Entry<TKey, TValue> old) =>
        old is RichEntry<TKey, TValue> { HasLifetime: true } rich && !rich.IsLive(_clock.Now)
            ? CacheRemovalReason.Expired
            : CacheRemovalReason.Replaced;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteLocked(Entry<TKey, TValue> entry, CacheRemovalReason reason, ref List<Removal<TKey, TValue>>? removals)
    {
        _counters.Evictions += reason == CacheRemovalReason.Evicted ? 1 : 0;
        _counters.Expirations += reason == CacheRemovalReason.Expired ? 1 : 0;
        if (_onRemoved is not null || _ownsValues)
        {
            (removals ??= []).Add(new Removal<TKey, TValue>(entry, reason));
        }
    }

    /// <summary>Tells of removals, and lets go of the values. Without the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Notify(List<Removal<TKey, TValue>>? removals)
    {
        if (removals is not null)
        {
            NotifyOf(removals);
        }
    }

    private void NotifyOf(List<Removal<TKey, TValue>> removals)
    {
        foreach ((Entry<TKey, TValue> entry, CacheRemovalReason reason) in removals)
        {
            RichEntry<TKey, TValue>? rich = entry as RichEntry<TKey, TValue>;
            if (rich is not { IsMissing: true })
            {
                try
                {
                    _onRemoved?.Invoke(entry.Key, entry.Value, reason);
                }
                catch (Exception exception) when (_counters.Contain(exception))
                {
                    // Counted. The call that caused the removal has succeeded; it is not its exception.
                }
            }

            rich?.Owner?.Release();
        }
    }
}
