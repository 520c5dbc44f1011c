using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Primitives;

// Making a table: from nothing, or from another by the points of one owner.
internal readonly partial struct RingTable
{
    /// <summary>The most points a table holds.</summary>
    public const int MaxPoints = 1 << MaxBits;

    private const int MaxBits = 20;

    private static readonly RingTable Empty = new(new ulong[Lanes], [0, Lanes + 1, 2 * (Lanes + 1)], bits: 1); // I5

    /// <summary>Builds a table in time proportional to its points.</summary>
    /// <param name="points">The points of owner 0, then those of owner 1, and so on; in any order within an owner.</param>
    /// <param name="counts">How many points each owner has.</param>
    public static RingTable Build(ReadOnlySpan<ulong> points, ReadOnlySpan<int> counts)
    {
        if (points.IsEmpty)
        {
            return Empty;
        }

        int bits = BitsFor(points.Length, counts.Length);

        // A counting sort by bucket. Bucket k is counted in slot k + 2, which makes slot k + 1 its start after the
        // sums, and its end, the start of bucket k + 1, after the scatter has counted it up.
        uint[] slots = new uint[(1 << bits) + 2];
        foreach (ulong point in points)
        {
            slots[(point >> -bits) + 2]++;
        }

        for (int i = 2; i < slots.Length; i++)
        {
            slots[i] += slots[i - 1];
        }

        ulong[] entries = GC.AllocateUninitializedArray<ulong>(points.Length + Lanes);
        int next = 0;
        for (int owner = 0; owner < counts.Length; owner++)
        {
            foreach (ulong point in points.Slice(next, counts[owner]))
            {
                entries[slots[(point >> -bits) + 1]++] = (point << bits) | (uint)owner;
            }

            next += counts[owner];
        }

        uint[] starts = slots[..^1];
        for (int bucket = 0; bucket < starts.Length - 1; bucket++)
        {
            uint length = starts[bucket + 1] - starts[bucket];
            if (length > 1)
            {
                entries.AsSpan((int)starts[bucket], (int)length).Sort(); // by point, then by owner: I3
            }
        }

        return Finish(entries, starts, bits);
    }

    /// <summary>Whether a table of this many points and owners has as many buckets as this one, so that
    /// <see cref="Insert"/> or <see cref="Delete"/> can make it; neither starts from nothing or leaves nothing.</summary>
    public bool CanBecome(int points, int owners) => Count > 0 && points > 0 && BitsFor(points, owners) == _bits;

    /// <summary>Makes the table that has more points of one owner.</summary>
    /// <param name="points">The points, ascending.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="isNew">Whether the owner is new: those from its number on then move up by one.</param>
    public RingTable Insert(ReadOnlySpan<ulong> points, int owner, bool isNew)
    {
        ulong[] entries = GC.AllocateUninitializedArray<ulong>(_entries.Length + points.Length);
        uint[] starts = GC.AllocateUninitializedArray<uint>(_starts.Length);
        int read = 0;
        int write = 0;
        int bucket = 0;
        uint inserted = 0;
        foreach (ulong point in points)
        {
            ulong entry = (point << _bits) | (uint)owner;
            int until = LowerBound(point, entry);
            CopyEntries(read, until, entries.AsSpan(write), owner, isNew ? 1UL : 0);
            write += until - read;
            read = until;
            entries[write++] = entry;

            int lastUnmoved = (int)(point >> -_bits);
            CopyStarts(ref bucket, lastUnmoved + 1, starts, inserted);
            inserted++;
        }

        CopyEntries(read, Count, entries.AsSpan(write), owner, isNew ? 1UL : 0);
        CopyStarts(ref bucket, starts.Length, starts, inserted);
        return Finish(entries, starts, _bits);
    }

    /// <summary>Makes the table that lacks points of one owner.</summary>
    /// <param name="points">The points, ascending; all are in the table.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="isLast">Whether the owner goes with them: those after its number then move down by one.</param>
    public RingTable Delete(ReadOnlySpan<ulong> points, int owner, bool isLast)
    {
        ulong[] entries = GC.AllocateUninitializedArray<ulong>(_entries.Length - points.Length);
        uint[] starts = GC.AllocateUninitializedArray<uint>(_starts.Length);
        int read = 0;
        int write = 0;
        int bucket = 0;
        uint deleted = 0;
        foreach (ulong point in points)
        {
            // Not before what was read: an owner may have one point twice, and the first of the two is gone already.
            int until = Math.Max(read, LowerBound(point, (point << _bits) | (uint)owner));
            Debug.Assert(OwnerAt(until) == owner, "A point to delete is missing.");
            CopyEntries(read, until, entries.AsSpan(write), owner + 1, isLast ? ulong.MaxValue : 0);
            write += until - read;
            read = until + 1;

            int lastUnmoved = (int)(point >> -_bits);
            CopyStarts(ref bucket, lastUnmoved + 1, starts, 0 - deleted);
            deleted++;
        }

        CopyEntries(read, Count, entries.AsSpan(write), owner + 1, isLast ? ulong.MaxValue : 0);
        CopyStarts(ref bucket, starts.Length, starts, 0 - deleted);
        return Finish(entries, starts, _bits);
    }

    // A bucket for 0.7 to 1.4 points keeps nearly all buckets within one vector and the index smaller than the entries;
    // more buckets only cost cache. Every owner must fit into the bits (I1).
    private static int BitsFor(int points, int owners)
    {
        int bits = Math.Max(BitOperations.Log2((uint)points), 1);
        if ((ulong)points * (ulong)points > 1UL << ((2 * bits) + 1))
        {
            bits++; // nearer to the next power of two, by ratio
        }

        return Math.Min(Math.Max(bits, BitOperations.Log2((uint)Math.Max((2 * owners) - 1, 2))), MaxBits);
    }

    private static RingTable Finish(ulong[] entries, uint[] starts, int bits)
    {
        entries.AsSpan(entries.Length - Lanes).Fill(entries[0] & ((1UL << bits) - 1)); // I4
        return new RingTable(entries, starts, bits);
    }

    // The first entry of the point's bucket that is not below the given one.
    private int LowerBound(ulong point, ulong entry)
    {
        int bucket = (int)(point >> -_bits);
        int index = (int)_starts[bucket];
        while (index < _starts[bucket + 1] && _entries[index] < entry)
        {
            index++;
        }

        return index;
    }

    // Copies entries, adding a number (of 64-bit wrap-around) to every owner from the given one on.
    private void CopyEntries(int from, int until, Span<ulong> destination, int firstMoved, ulong by)
    {
        ReadOnlySpan<ulong> source = _entries.AsSpan(from, until - from);
        if (by == 0)
        {
            source.CopyTo(destination);
            return;
        }

        // Compared as signed numbers, which is one instruction: owners are small. What moves compares to all ones.
        destination = destination[..source.Length];
        var mask = new Vector<long>(_ownerMask);
        var unmoved = new Vector<long>(firstMoved - 1);
        var step = new Vector<long>((long)by);
        ref long from0 = ref Unsafe.As<ulong, long>(ref MemoryMarshal.GetReference(source));
        ref long to0 = ref Unsafe.As<ulong, long>(ref MemoryMarshal.GetReference(destination));
        int i = 0;
        for (; i <= source.Length - Vector<long>.Count; i += Vector<long>.Count)
        {
            Vector<long> entries = Vector.LoadUnsafe(ref from0, (nuint)i);
            (entries + (Vector.GreaterThan(entries & mask, unmoved) & step)).StoreUnsafe(ref to0, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = source[i] + ((source[i] & _ownerMask) >= (ulong)firstMoved ? by : 0);
        }
    }

    // Copies starts up to a bucket, adding a number (of 32-bit wrap-around) to each.
    private void CopyStarts(ref int bucket, int until, uint[] destination, uint by)
    {
        var step = new Vector<uint>(by);
        ReadOnlySpan<uint> source = _starts.AsSpan(0, until);
        ref uint from0 = ref MemoryMarshal.GetReference(source);
        ref uint to0 = ref MemoryMarshal.GetArrayDataReference(destination);
        for (; bucket <= until - Vector<uint>.Count; bucket += Vector<uint>.Count)
        {
            (Vector.LoadUnsafe(ref from0, (nuint)bucket) + step).StoreUnsafe(ref to0, (nuint)bucket);
        }

        for (; bucket < until; bucket++)
        {
            destination[bucket] = _starts[bucket] + by;
        }
    }
}
