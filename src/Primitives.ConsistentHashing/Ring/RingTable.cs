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
    //     _starts[k]  = index of bucket k's first entry
    //
    // Invariants:
    //   I1  1 <= b <= 20 and owner < 2^b.
    //   I2  _starts has 2^b + 1 elements, never decreases, and goes from 0 to Count.
    //   I3  entries ascend within a bucket: by point and, where points are equal, by owner.
    //   I4  Count + Lanes entries exist; those from Count on hold the owner of entry 0, so that a hash beyond the last
    //       point wraps around to it without a test, and a vector read from any index up to Count is in bounds.
    //   I5  Against I2, the buckets of an empty table claim more than Lanes entries. Every lookup then takes the way of
    //       long buckets, where it is refused; the usual way needs no test for it.
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

    /// <summary>Gets the owner of a hash: that of the first point at or after it, or of the first point of all.</summary>
    /// <exception cref="InvalidOperationException">The table is empty.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nuint OwnerOf(ulong hash)
    {
        // The top b bits come down to where they are the bucket; without them, the rest is the word sought. Its owner
        // bits are 0, so points equal to the hash are not below it whatever their owner.
        ulong rotated = BitOperations.RotateLeft(hash, _bits);
        nuint bucket = (uint)rotated & _ownerMask;
        ulong sought = rotated - bucket;

        // Without bounds checks, which would take a fifth of the time: I2, I4 and I5 put every index within its array.
        ref uint start = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_starts), bucket);
        nuint first = start;
        nuint length = Unsafe.Add(ref start, 1) - first;
        if (length > Lanes)
        {
            return OwnerInLongBucket(hash);
        }

        // Counting instead of branching: which of the bucket's points comes first is a coin toss, and a mispredicted
        // branch costs more than the rest of the lookup.
        ref ulong entry = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), first);
        uint below = Vector256.LessThan(Vector256.LoadUnsafe(ref entry), Vector256.Create(sought)).ExtractMostSignificantBits();
        uint inBucket = Bmi2.IsSupported ? Bmi2.ZeroHighBits(below, (uint)length) : below & ((1u << (int)length) - 1);
        return (uint)Unsafe.Add(ref entry, BitOperations.PopCount(inBucket)) & _ownerMask;
    }

    /// <summary>Finds the index of the first point at or after a hash; past the last point, <see cref="Count"/>, which
    /// has the owner of the first one. For walks along the ring; <see cref="OwnerOf"/> is faster.</summary>
    public int Find(ulong hash)
    {
        int bucket = (int)(hash >> -_bits); // a shift count is taken modulo 64, so -b means 64 - b
        int first = (int)_starts[bucket];
        int index = _entries.AsSpan(first, (int)_starts[bucket + 1] - first).BinarySearch(hash << _bits);
        return first + (index < 0 ? ~index : index);
    }

    /// <summary>Gets the owner of the point that <see cref="Find"/> gave.</summary>
    public int OwnerAt(int index) => (int)((uint)_entries[index] & _ownerMask);

    /// <summary>Enumerates the points in ring order.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Whether another table holds the same bits.</summary>
    public bool SequenceEqual(RingTable other) =>
        _bits == other._bits && _entries.AsSpan().SequenceEqual(other._entries) && _starts.AsSpan().SequenceEqual(other._starts);

    // About one bucket in a hundred, unless the names were chosen to crowd it. Takes no more than the hash, so that
    // the usual way keeps nothing alive across this call.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nuint OwnerInLongBucket(ulong hash) => Count > 0
        ? (nuint)(uint)OwnerAt(Find(hash))
        : throw new InvalidOperationException("The ring has no nodes."); // I5

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_bits is >= 1 and <= MaxBits, "I1");
        if (Count == 0)
        {
            return;
        }

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
