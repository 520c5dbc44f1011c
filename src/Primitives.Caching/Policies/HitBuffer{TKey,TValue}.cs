using System.Numerics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Remembers the latest hits until somebody who holds the lock takes note of them: one ring for each of a few
/// groups of threads, written without a lock or an interlocked instruction.</summary>
/// <remarks>
/// <para>A full ring overwrites its oldest hits; nobody ever waits, and no reader ever does maintenance. When hits are so
/// many that a ring wraps between two misses, a sample of them is enough to rank the entries. Threads of one group may
/// overwrite each other's last hit: that loses a hit, never invents one.</para>
/// </remarks>
internal sealed class HitBuffer<TKey, TValue>
    where TKey : notnull
{
    private const int MaxRing = 256;
    private const int MaxStripes = 64;

    // On machines with many processors a writer looks after a few rings at a time, in turn, and always at its own.
    private const int StripesPerDrain = 4;

    private readonly HitRing<TKey, TValue>?[] _rings;
    private readonly int _ringLength;
    private int _next; // guarded by the lock

    public HitBuffer(long capacity)
    {
        int stripes = Math.Min(MaxStripes, (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount) * 2);
        _rings = new HitRing<TKey, TValue>?[stripes];
        _ringLength = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, 16, MaxRing));
    }

    public long Hits
    {
        get
        {
            long hits = 0;
            for (int i = 0; i < _rings.Length; i++)
            {
                hits += Volatile.Read(ref _rings[i])?.Written ?? 0;
            }

            return hits;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(Entry<TKey, TValue> entry)
    {
        HitRing<TKey, TValue>?[] rings = _rings;
        HitRing<TKey, TValue>? ring = rings[Environment.CurrentManagedThreadId & (rings.Length - 1)];
        if (ring is null)
        {
            ring = Create();
        }

        ring.Write(entry);
    }

    public void DrainLocked(WindowTinyLfu<TKey, TValue> entries)
    {
        HitRing<TKey, TValue>?[] rings = _rings;
        int own = Environment.CurrentManagedThreadId & (rings.Length - 1);
        rings[own]?.Drain(entries);
        for (int i = 0; i < StripesPerDrain; i++)
        {
            _next = (_next + 1) & (rings.Length - 1);
            Volatile.Read(ref rings[_next])?.Drain(entries);
        }
    }

    public void ClearLocked()
    {
        foreach (HitRing<TKey, TValue>? ring in _rings)
        {
            ring?.Clear();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HitRing<TKey, TValue> Create()
    {
        ref HitRing<TKey, TValue>? slot = ref _rings[Environment.CurrentManagedThreadId & (_rings.Length - 1)];
        var fresh = new HitRing<TKey, TValue>(_ringLength);
        return Interlocked.CompareExchange(ref slot, fresh, null) ?? fresh;
    }
}
