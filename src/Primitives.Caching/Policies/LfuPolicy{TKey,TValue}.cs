using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Windowed TinyLFU behind buffers of hits: a hit writes one word of its thread's own, and whoever adds an entry
/// takes note of what has been written since.</summary>
internal readonly struct LfuPolicy<TKey, TValue>(long capacity, bool isWeighted, ulong seed) : IEvictionPolicy<TKey, TValue>
    where TKey : notnull
{
    private readonly HitBuffer<TKey, TValue> _buffer = new(capacity);
    private readonly WindowTinyLfu<TKey, TValue> _entries = new(capacity, isWeighted, seed);

    public long Hits => _buffer.Hits;

    public int CountLocked => _entries.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hit(Entry<TKey, TValue> entry) => _buffer.Record(entry);

    public void SetCapacityLocked(long capacity) => _entries.SetCapacity(capacity);

    public void PrepareLocked(uint hash)
    {
        _buffer.DrainLocked(_entries);
        _entries.OnMiss(hash);
    }

    public Entry<TKey, TValue>? OverflowLocked(long incoming, bool mustEvict) => _entries.Overflow(incoming, mustEvict);

    public void AddLocked(Entry<TKey, TValue> entry) => _entries.Add(entry);

    public void ReplaceLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh) => _entries.Replace(old, fresh);

    public void RemoveLocked(Entry<TKey, TValue> entry) => _entries.Remove(entry);

    public void ClearLocked()
    {
        _buffer.ClearLocked();
        _entries.Clear();
    }
}
