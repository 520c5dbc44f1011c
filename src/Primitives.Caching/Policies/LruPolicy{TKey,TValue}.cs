using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Exact least-recently-used order: a hit takes the lock.</summary>
internal readonly struct LruPolicy<TKey, TValue>(Lock cacheLock) : IEvictionPolicy<TKey, TValue>
    where TKey : notnull
{
    private readonly EntryOrder<TKey, TValue> _entries = new();
    private readonly StrongBox<long> _hits = new(); // guarded by the lock

    public long Hits => Volatile.Read(ref _hits.Value);

    public int CountLocked => _entries.Count;

    public void Hit(Entry<TKey, TValue> entry)
    {
        // Not a lock statement: nothing in here throws, and the compiler does without a protected region.
        cacheLock.Enter();
        _hits.Value++;
        if (entry.Region != Region.None) // or it left the cache since it was found
        {
            _entries.Touch(entry);
        }

        cacheLock.Exit();
    }

    public void SetCapacityLocked(long capacity) => _entries.SetCapacity(capacity);

    public void PrepareLocked(uint hash)
    {
    }

    public Entry<TKey, TValue>? OverflowLocked(long incoming, bool mustEvict) => mustEvict ? _entries.Oldest(Region.Window) : null;

    public void AddLocked(Entry<TKey, TValue> entry) => _entries.Add(entry, Region.Window);

    public void ReplaceLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh)
    {
        _entries.Remove(old);
        _entries.Add(fresh, Region.Window);
    }

    public void RemoveLocked(Entry<TKey, TValue> entry) => _entries.Remove(entry);

    public void ClearLocked() => _entries.Clear();
}
