using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>
/// A set that answers "certainly not" or "probably": about ten bits for each key, whatever its length, at one false
/// "probably" in a hundred. Any number of threads may add and ask at once.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> No false negatives: once <c>Add</c> of a key has returned, <c>Contains</c> is true for it on
/// every thread that learns of that, until <see cref="Clear"/> or <see cref="IntersectWith"/>. Up to
/// <see cref="Capacity"/> distinct keys, <c>Contains</c> of a key that was never added is true with a probability of
/// at most <see cref="FalsePositiveRate"/>, expected over hash values.</para>
/// <para><b>Cost.</b> <c>Add</c> and <c>Contains</c> hash the key, allocate nothing and take no lock. In the split-block
/// layout they touch one cache line; adding a key that is present writes nothing, adding a new one takes at most four
/// atomic ORs. In the classic layout they touch up to <see cref="HashCount"/> lines. Memory is
/// <see cref="ByteCount"/>, allocated at once.</para>
/// <para><b>Accuracy.</b> The size solves the exact sum for the layout and not an approximation, so the promised rate
/// holds at capacity, also for few keys; <see cref="ExpectedFalsePositiveRateAt"/> tells it for any number. Beyond
/// capacity the rate rises, see <see cref="IsSaturated"/>. The rate is an expectation: a small filter may be luckier
/// or less lucky than that with its keys.</para>
/// <para><b>Keys.</b> Hashed by <see cref="StableHash"/> with seed 0: text as its UTF-8, integers as 64 bits, GUIDs in
/// written order. A key must be asked for in the form in which it was added; <c>42</c> and <c>"42"</c> are two keys.
/// Who chooses the keys can make them collide.</para>
/// <para><b>Thread safety.</b> Thread-safe, lock-free. <c>Add</c>'s result is a best effort when several threads add one
/// key at the same moment: at least one of them is told that it was new, perhaps more. Created for a single writer,
/// the filter has any number of readers but one thread at a time that changes it; that one stores a key's block even if
/// the key was present.</para>
/// <para><b>Source.</b> B. Bloom, 1970. Split blocks: Putze, Sanders and Singler, Cache-, Hash- and Space-Efficient
/// Bloom Filters, 2007, in the form of the Apache Parquet format. Classic: Dillinger and Manolios, 2004.</para>
/// </remarks>
/// <example>
/// <code>
/// BloomFilter seen = BloomFilter.Create(capacity: 1_000_000, falsePositiveRate: 0.01);
/// if (seen.Add("order:42"))
/// {
///     // certainly the first time
/// }
/// </code>
/// </example>
[DebuggerDisplay("{Layout}, {BitCount} bits, capacity {Capacity} at {FalsePositiveRate}")]
public sealed partial class BloomFilter
{
    // Representation: _bits, with a meaning that _shape gives.
    //   I1  A bit is set if some key has it, and stays set but for Clear and IntersectWith.
    //   I2  _bits.WordCount * 64 = _shape.BitCount.
    //   I3  _firstBlock is the address of a split-block filter's first word, and 0 in the classic layout. The array
    //       behind it is pinned and lives as long as this, so callers keep this alive until they are done.
    //   I4  _blocks is the number of 256-bit blocks of a split-block filter, and 0 in the classic layout.
    private readonly BitTable _bits;
    private readonly FilterShape _shape;
    private readonly ulong _blocks;
    private readonly nint _firstBlock;
    private readonly bool _singleWriter;

    // The most blocks, or pieces of 32 bytes, that the telemetry reads: exact below 4 MiB, an even sample above.
    private const long MaxSample = 1 << 16;

    internal BloomFilter(FilterShape shape, BitTable bits, long capacity, double falsePositiveRate, bool singleWriter)
    {
        Debug.Assert(bits.WordCount * BitTable.WordBits == shape.BitCount, "I2 is broken.");
        _bits = bits;
        _shape = shape;
        _blocks = shape.Layout == BloomFilterLayout.SplitBlock ? (ulong)(shape.BitCount / SplitBlock.Bits) : 0;
        _firstBlock = _blocks != 0 ? bits.Address : 0;
        _singleWriter = singleWriter;
        Capacity = capacity;
        FalsePositiveRate = falsePositiveRate;
    }

    /// <summary>Gets the number of distinct keys up to which <see cref="FalsePositiveRate"/> holds.</summary>
    public long Capacity { get; }

    /// <summary>Gets the promised rate: the largest expected share of absent keys that are reported present, as long as
    /// no more than <see cref="Capacity"/> keys have been added.</summary>
    public double FalsePositiveRate { get; }

    /// <summary>Gets the layout, never <see cref="BloomFilterLayout.Automatic"/>.</summary>
    public BloomFilterLayout Layout => _shape.Layout;

    /// <summary>Gets the size in bits; may exceed 2^32.</summary>
    public long BitCount => _shape.BitCount;

    /// <summary>Gets the size in bytes, <see cref="BitCount"/> / 8.</summary>
    public long ByteCount => _shape.BitCount / 8;

    /// <summary>Gets the number of bits that a key sets.</summary>
    public int HashCount => _shape.HashCount;

    /// <summary>Gets the number of times that <see cref="Fold"/> can halve this filter.</summary>
    public int MaxHalvings => _shape.MaxHalvings;

    /// <summary>Gets the rate now: the probability that the bits as they are answer yes for a key that was not
    /// added.</summary>
    /// <remarks>Computed from the bits, not from a count of calls, so it is true also after a union or when keys were
    /// added many times. Reads at most 4 MiB: beyond, a sample, with a standard error below 1 % of the rate.</remarks>
    public double ExpectedFalsePositiveRate
    {
        get
        {
            if (_blocks == 0)
            {
                return Math.Pow(SampledFill(), HashCount);
            }

            ulong stride = Math.Max(1, _blocks / MaxSample);
            double sum = 0;
            long sampled = 0;
            for (ulong block = 0; block < _blocks; block += stride)
            {
                sum += SplitBlock.HitProbability(ref _bits.Word(block * SplitBlock.Words));
                sampled++;
            }

            return sum / sampled;
        }
    }

    /// <summary>Gets whether the filter is over-full: <see cref="ExpectedFalsePositiveRate"/> exceeds the promised
    /// <see cref="FalsePositiveRate"/>. Becomes true close to <see cref="Capacity"/> distinct keys.</summary>
    public bool IsSaturated => ExpectedFalsePositiveRate > FalsePositiveRate;

    /// <summary>Creates an empty filter.</summary>
    /// <param name="capacity">The number of distinct keys up to which the rate is to hold. At least 1. Guess high: 5 %
    /// too few keys cost a quarter more false positives at 1 %.</param>
    /// <param name="falsePositiveRate">The promised rate, between 0 and 1, both exclusive; 0.01 is one in a hundred.</param>
    /// <param name="layout">How bits are spread; the choice by rate is right unless memory, or speed, is everything.</param>
    /// <param name="singleWriter">Whether only one thread at a time will change the filter, whatever the number of
    /// readers. Adding new keys is then several times faster, because no other writer's bits can be lost.</param>
    /// <returns>A filter that takes its full memory now.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range, or the filter would need more
    /// than 2^37 bits (16 GiB), or the rate is below what 64-bit hashes can tell apart.</exception>
    public static BloomFilter Create(
        long capacity, double falsePositiveRate = 0.01, BloomFilterLayout layout = BloomFilterLayout.Automatic, bool singleWriter = false)
    {
        FilterShape shape = ShapeFor(capacity, falsePositiveRate, layout);
        return new BloomFilter(shape, new BitTable(shape.BitCount / BitTable.WordBits), capacity, falsePositiveRate, singleWriter);
    }

    /// <summary>Tells the rate that this filter has with a given number of keys: the formula that sized it.</summary>
    /// <param name="keys">The number of distinct keys. At least 0.</param>
    /// <returns>The exact expectation, from 0 to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keys"/> is negative.</exception>
    public double ExpectedFalsePositiveRateAt(long keys)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keys);
        return _shape.Rate(keys);
    }

    /// <summary>Estimates the number of distinct keys added, from the share of bits that are set.</summary>
    /// <remarks>O(size): every bit is counted. Within 0.1 % for a filter for a million keys that is half full or more;
    /// the relative standard error is about <c>0.6 / sqrt(keys)</c> up to capacity. A filter without a clear bit tells
    /// only the least number that can have filled it.</remarks>
    /// <returns>The estimate; 0 exactly if the filter is empty.</returns>
    public double EstimateCount() => _shape.CountAt((double)Math.Min(_bits.CountBits(), BitCount - 1) / BitCount);

    /// <summary>Checks the arguments of <see cref="Create"/> and finds the size, without taking memory.</summary>
    internal static FilterShape ShapeFor(long capacity, double falsePositiveRate, BloomFilterLayout layout)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        if (!(falsePositiveRate is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(falsePositiveRate), falsePositiveRate, "A false-positive rate is between 0 and 1, both exclusive.");
        }

        if (layout is < BloomFilterLayout.Automatic or > BloomFilterLayout.Classic)
        {
            throw new ArgumentOutOfRangeException(nameof(layout), layout, "There is no such layout.");
        }

        const double LowestSplitBlockRate = 0.001;
        BloomFilterLayout chosen = layout != BloomFilterLayout.Automatic ? layout
            : falsePositiveRate >= LowestSplitBlockRate ? BloomFilterLayout.SplitBlock
            : BloomFilterLayout.Classic;
        return FilterShape.For(capacity, falsePositiveRate, chosen);
    }

    /// <summary>Estimates the number of distinct keys from a sample of at most 4 MiB: for gauges.</summary>
    internal double EstimateCountFromSample() => _shape.CountAt(Math.Min(SampledFill(), 1 - (1.0 / BitCount)));

    private double SampledFill()
    {
        ReadOnlySpan<ulong> words = _bits.Words;
        int stride = (int)Math.Max(1, words.Length / (MaxSample * SplitBlock.Words));
        long set = 0;
        long sampled = 0;
        for (int i = 0; i < words.Length; i += stride)
        {
            set += BitOperations.PopCount(Volatile.Read(in words[i]));
            sampled += BitTable.WordBits;
        }

        return (double)set / sampled;
    }
}
