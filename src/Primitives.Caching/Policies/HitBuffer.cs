using System.Numerics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Remembers the latest hits until somebody who holds the lock takes note of them: one ring for each of a few
/// groups of threads, written without a lock or an interlocked instruction.</summary>
/// <remarks>A full ring overwrites its oldest hits; nobody ever waits, and no reader ever does maintenance. When hits are so
/// many that a ring wraps between two misses, a sample of them is enough to rank the entries. Threads of one group may
/// overwrite each other's last hit: that loses a hit, never invents one.</remarks>
internal readonly struct HitBuffer
{
    private const int LeastRing = 16;
    private const int MostRing = 2_048;
    private const int LeastRings = 16;
    private const int MostRings = 64;

    private readonly HitRing?[] _rings;   // by group
    private readonly HitRing?[] _created; // the same in order of creation, so that nobody looks for them among the others
    private readonly int _ringLength;

    public HitBuffer(long capacity)
    {
        _rings = new HitRing?[Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount) * 4, LeastRings, MostRings)];
        _created = new HitRing?[_rings.Length];
        _ringLength = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, LeastRing, MostRing));
    }

    public long Hits
    {
        get
        {
            long hits = 0;
            foreach (ref HitRing? ring in _rings.AsSpan())
            {
                hits += Volatile.Read(ref ring)?.Hits ?? 0;
            }

            return hits;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(uint hash)
    {
        HitRing?[] rings = _rings;
        int group = Group(rings.Length);
        HitRing? ring = rings[group];
        if (ring is not null)
        {
            ring.Write(hash);
        }
        else
        {
            Create(group).Write(hash);
        }
    }

    public HitRing? Own() => _rings[Group(_rings.Length)];

    /// <summary>Gets a ring by its number; <see langword="null"/> if there are fewer.</summary>
    public HitRing? Created(int index) => (uint)index < (uint)_created.Length ? Volatile.Read(ref _created[index]) : null;

    // Which thread this is, by where its stack lies: asking the run-time for its number costs more than all the rest. One
    // deep in its stack may count as another, which does no harm. Multiplied by the golden ratio, because the multiples of
    // it lie far apart in the highest bits, whatever the usual distance of two stacks (0.5, 1, 1.5 or 8 MB).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Group(int rings)
    {
        int onStack = 0;
        nint address = Unsafe.ByteOffset(ref Unsafe.NullRef<int>(), ref onStack);
        return (int)(((ulong)((uint)(address >> 19) * 0x9E3779B9u) * (uint)rings) >> 32);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HitRing Create(int group)
    {
        ref HitRing? slot = ref _rings[group];
        var fresh = new HitRing(_ringLength);
        if (Interlocked.CompareExchange(ref slot, fresh, null) is { } other)
        {
            return other;
        }

        // No more rings than places. One who looks before it is here finds its hits the next time.
        int place = 0;
        while (Interlocked.CompareExchange(ref _created[place], fresh, null) is not null)
        {
            place++;
        }

        return fresh;
    }
}
