using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>One filter of a <see cref="ScalableBloomFilter"/>, and how much of its capacity is taken.</summary>
internal sealed class FilterLayer(BloomFilter filter, long used)
{
    // On a cache line that is written at every new key, apart from the reference that every lookup reads.
    private Padded _used = new() { Value = used };

    public BloomFilter Filter { get; } = filter;

    public long Used => Math.Min(Volatile.Read(ref _used.Value), Filter.Capacity);

    /// <summary>Takes the place of one key. Places are taken before a key is added, so that never more than the
    /// capacity is, however many threads add.</summary>
    public bool TryReserve()
    {
        if (Volatile.Read(ref _used.Value) >= Filter.Capacity)
        {
            return false;
        }

        if (Interlocked.Increment(ref _used.Value) <= Filter.Capacity)
        {
            return true;
        }

        Interlocked.Decrement(ref _used.Value);
        return false;
    }

    /// <summary>Gives a place back, whose key another thread added first.</summary>
    public void Release()
    {
        long used = Interlocked.Decrement(ref _used.Value);
        Debug.Assert(used >= 0, "Only reserved places are given back.");
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Padded
    {
        [FieldOffset(128)]
        public long Value;
    }
}
