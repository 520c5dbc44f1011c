using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The hashes of the latest hits of one group of threads.</summary>
/// <remarks>Hashes and not entries: storing one is a plain write, and the ring keeps no value alive.</remarks>
internal sealed class HitRing(int length)
{
    // _counters has the only words that readers write besides the slots; the padding keeps them off every other object's
    // cache line. They are written without an interlocked instruction: of two threads that race one is lost, and one that is
    // suspended in the middle sets the place to write back to where it was then. The count is a word of its own, because
    // adding to it is one instruction where the processor has such: nobody is suspended in its middle, so it never goes back.
    private readonly uint[] _slots = new uint[length]; // a power of two
    private HitCounters _counters;
    private long _taken; // guarded by the cache's lock

    /// <summary>Gets the hits ever counted.</summary>
    public long Hits => Volatile.Read(ref _counters.Count);

    /// <summary>Gets where the next hit will be written.</summary>
    public long Written => Volatile.Read(ref _counters.Place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint hash)
    {
        long written = _counters.Place;
        uint[] slots = _slots;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(slots), (int)written & (slots.Length - 1)) = hash; // never beyond
        Volatile.Write(ref _counters.Place, written + 1); // after the slot, so that who sees the number sees the hash
        _counters.Count++; // not written + 1, see above
    }

    /// <summary>Tells which of the hits have not been taken note of yet: the latest, if the ring has wrapped.</summary>
    /// <remarks>Guarded by the cache's lock. A write that lost a race may have set the place back: then nothing is
    /// new.</remarks>
    public (long First, long End) TakeNew()
    {
        long written = Written;
        long first = Math.Max(_taken, written - _slots.Length);
        _taken = written;
        return (Math.Min(first, written), written);
    }

    public uint this[long index] => _slots[(int)index & (_slots.Length - 1)];
}
