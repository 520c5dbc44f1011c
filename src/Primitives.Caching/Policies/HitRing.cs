using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The hashes of the latest hits of one group of threads.</summary>
/// <remarks>Hashes and not entries: storing one is a plain write, and the ring keeps no value alive.</remarks>
internal sealed class HitRing(int length)
{
    // _written is the only word that readers write besides the slots; the padding keeps it off every other object's cache
    // line. Written without an interlocked instruction: of two threads that race one is lost.
    private readonly uint[] _slots = new uint[length]; // a power of two
    private PaddedInt64 _written;
    private long _taken; // guarded by the cache's lock

    /// <summary>Gets the hits ever written.</summary>
    public long Written => Volatile.Read(ref _written.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint hash)
    {
        long written = _written.Value;
        uint[] slots = _slots;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(slots), (int)written & (slots.Length - 1)) = hash; // never beyond
        Volatile.Write(ref _written.Value, written + 1); // after the slot, so that who sees the number sees the hash
    }

    /// <summary>Tells which of the hits have not been taken note of yet: the latest, if the ring has wrapped.</summary>
    /// <remarks>Guarded by the cache's lock. A write that lost a race may set the number back by one: then nothing is
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
