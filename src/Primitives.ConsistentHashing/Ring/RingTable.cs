using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Primitives;

/// <summary>
/// The points of a ring in order, each with its owner, found by hash without a search: the top bits of a hash pick a
/// bucket of about one point, and one vector comparison picks the point in it. Immutable.
/// </summary>
internal readonly partial struct RingTable
{
    // With b = _bits, bucket k holds the points whose top b bits are k. Those bits need not be stored again, which
    // leaves b bits of every word for the owner, so a point is exact to its last bit and costs 8 bytes:
    //
    //     _entries[i] = point << b | owner            point = bucket << (64 - b) | entry >> b
    //     _starts[k]  = index of bucket k's first entry;  _starts[2^b] = Count
    //
    // Invariants:
    //   I1  1 <= b <= 20 and owner < 2^b.
    //   I2  _starts never decreases and ends with Count; it has 2^b + 1 elements.
    //   I3  entries ascend within a bucket: by point and, where points are equal, by owner.
    //   I4  Count + Lanes entries exist; those from Count on hold the owner of entry 0, so that a hash beyond the last
    //       point wraps around to it without a test, and a vector read from any index below or at Count is in bounds.
    // A hash is sought among the entries of its bucket alone; if all are below it, the next entry, in whatever bucket,
    // is the first point at or after it.
    private const int Lanes = 4;

    private readonly ulong[] _entries;
    private readonly uint[] _starts;
    private readonly int _bits;
    private readonly uint _ownerMask;

    private RingTable(ulong[] entries, uint[] starts, int bits)
    {
        _entries = entries;
        _starts = starts;
        _bits = bits;
        _ownerMask = (1u << bits) - 1;
        AssertInvariants();
    }

    /// <summary>Gets the number of points.</summary>
    public int Count => _entries.Length - Lanes;

    /// <summary>Finds the first point at or after a hash; past the last point, <see cref="Count"/>, which has the owner
    /// of the first one. An empty table answers 0, as if owner 0 had everything.</summary>
    public int Find(ulong hash) => (int)IndexOf(hash, ref MemoryMarshal.GetArrayDataReference(_entries));

    /// <summary>Gets the owner of a hash; 0 if the table is empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int OwnerOf(ulong hash)
    {
        ref ulong entries = ref MemoryMarshal.GetArrayDataReference(_entries);
        return (int)((uint)Unsafe.Add(ref entries, IndexOf(hash, ref entries)) & _ownerMask);
    }

    /// <summary>Gets the owner of the point that <see cref="Find"/> gave.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int OwnerAt(int index) => (int)((uint)_entries[index] & _ownerMask);

    /// <summary>Enumerates the points in ring order.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Whether another table holds the same bits.</summary>
    public bool SequenceEqual(RingTable other) =>
        _bits == other._bits && _entries.AsSpan().SequenceEqual(other._entries) && _starts.AsSpan().SequenceEqual(other._starts);

    // Without bounds checks, which would take a fifth of the time: I2 and I4 put every index within its array.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint IndexOf(ulong hash, ref ulong entries)
    {
        // A shift count is taken modulo 64, so -b means 64 - b; I1 keeps it from being 0.
        ref uint start = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_starts), (nuint)(hash >> -_bits));
        nuint first = start;
        nuint length = Unsafe.Add(ref start, 1) - first;

        // The owner bits of the word sought are 0, so equal points are not below it whatever their owner.
        ulong sought = hash << _bits;
        uint below = Vector256.LessThan(Vector256.LoadUnsafe(ref entries, first), Vector256.Create(sought)).ExtractMostSignificantBits();
        if (length > Lanes)
        {
            return FindInLongBucket(first, length, sought);
        }

        // Counting instead of branching: which of the bucket's points comes first is a coin toss, and a mispredicted
        // branch costs more than the rest of the lookup.
        uint inBucket = Bmi2.IsSupported ? Bmi2.ZeroHighBits(below, (uint)length) : below & ((1u << (int)length) - 1);
        return first + (nuint)(uint)BitOperations.PopCount(inBucket);
    }

    // About one bucket in a hundred, unless the names were chosen to crowd it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nuint FindInLongBucket(nuint first, nuint length, ulong sought)
    {
        int index = _entries.AsSpan((int)first, (int)length).BinarySearch(sought);
        return first + (nuint)(uint)(index < 0 ? ~index : index);
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_bits is >= 1 and <= MaxBits, "I1");
        Debug.Assert(_starts.Length == (1 << _bits) + 1 && _starts[0] == 0 && _starts[^1] == Count, "I2");
        for (int bucket = 0; bucket < _starts.Length - 1; bucket++)
        {
            Debug.Assert(_starts[bucket] <= _starts[bucket + 1], "I2");
            for (uint i = _starts[bucket] + 1; i < _starts[bucket + 1]; i++)
            {
                Debug.Assert(_entries[i - 1] <= _entries[i], "I3");
            }
        }

        for (int i = Count; i < _entries.Length; i++)
        {
            Debug.Assert(_entries[i] == (_entries[0] & _ownerMask), "I4");
        }
    }

    /// <summary>Walks the points in ring order.</summary>
    public struct Enumerator(RingTable table)
    {
        private int _index = -1;
        private int _bucket;

        public readonly (ulong Point, int Owner) Current =>
            (((ulong)_bucket << -table._bits) | (table._entries[_index] >> table._bits), table.OwnerAt(_index));

        public bool MoveNext()
        {
            if (++_index >= table.Count)
            {
                return false;
            }

            while (table._starts[_bucket + 1] <= _index)
            {
                _bucket++;
            }

            return true;
        }
    }
}
