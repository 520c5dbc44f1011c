using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>The latest hits of one group of threads.</summary>
internal sealed class HitRing<TKey, TValue>(int length)
    where TKey : notnull
{
    // _written is the only word that readers write besides the slots; the padding keeps it off every other object's cache
    // line. Written without an interlocked instruction: of two threads that race one is lost.
    private readonly Slot[] _slots = new Slot[length]; // a power of two; a struct, so that storing needs no type check
    private PaddedInt64 _written;
    private long _drained; // guarded by the cache's lock

    /// <summary>Gets the hits ever written.</summary>
    public long Written => Volatile.Read(ref _written.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(Entry<TKey, TValue> entry)
    {
        long written = _written.Value;
        Slot[] slots = _slots;
        slots[(int)written & (slots.Length - 1)].Entry = entry;
        Volatile.Write(ref _written.Value, written + 1); // after the slot, so that who sees the number sees the entry
    }

    /// <summary>Hands over what was written since the last time, the latest of it if that is more than the ring
    /// holds.</summary>
    public void Drain(WindowTinyLfu<TKey, TValue> entries)
    {
        long written = Written;
        if (written == _drained)
        {
            return;
        }

        // A write that lost a race may set the number back; then a hit or two come again or not at all.
        for (long i = Math.Max(Math.Min(_drained, written), written - _slots.Length); i < written; i++)
        {
            ref Slot slot = ref _slots[(int)i & (_slots.Length - 1)];
            if (slot.Entry is { } entry)
            {
                slot.Entry = null; // or the ring would keep a value alive that left the cache
                entries.OnHit(entry);
            }
        }

        _drained = written;
    }

    public void Clear()
    {
        Array.Clear(_slots);
        _drained = Written;
    }

    private struct Slot
    {
        public Entry<TKey, TValue>? Entry;
    }
}
