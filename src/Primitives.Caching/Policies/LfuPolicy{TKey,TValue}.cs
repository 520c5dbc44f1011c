using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Windowed TinyLFU behind a buffer of hits: a hit writes one word, and whoever adds an entry takes note of what
/// has been written since.</summary>
internal readonly struct LfuPolicy<TKey, TValue>(EntryTable<TKey, TValue> table, long capacity, bool isWeighted, ulong seed)
    : IEvictionPolicy<TKey, TValue>
    where TKey : notnull
{
    // On machines with many processors a writer looks after a few rings at a time, in turn, and always at its own.
    private const int RingsPerTurn = 4;

    private readonly HitBuffer _buffer = new(capacity);
    private readonly WindowTinyLfu<TKey, TValue> _entries = new(capacity, isWeighted, seed);
    private readonly StrongBox<int> _nextRing = new(); // guarded by the lock

    public long Hits => _buffer.Hits;

    public int CountLocked => _entries.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hit(Entry<TKey, TValue> entry) => _buffer.Record(entry.Hash);

    public void SetCapacityLocked(long capacity) => _entries.SetCapacity(capacity);

    public void PrepareLocked(uint hash)
    {
        Note(_buffer.Own());
        for (int i = 0; i < RingsPerTurn; i++)
        {
            HitRing? ring = _buffer.Created(_nextRing.Value);
            if (ring is null)
            {
                _nextRing.Value = 0; // from the first on the next time
                break;
            }

            _nextRing.Value++;
            Note(ring);
        }

        _entries.OnMiss(hash);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Entry<TKey, TValue>? OverflowLocked(long incoming, bool mustEvict) => _entries.Overflow(incoming, mustEvict);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddLocked(Entry<TKey, TValue> entry) => _entries.Add(entry);

    public void ReplaceLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh) => _entries.Replace(old, fresh);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemoveLocked(Entry<TKey, TValue> entry) => _entries.Remove(entry);

    public void ClearLocked() => _entries.Clear();

    private void Note(HitRing? ring)
    {
        if (ring is null)
        {
            return;
        }

        (long first, long end) = ring.TakeNew();
        for (long i = first; i < end; i++)
        {
            uint hash = ring[i];
            _entries.OnHit(hash, table.FindLocked(hash));
        }
    }
}
