using System.Diagnostics;

namespace Primitives;

/// <summary>
/// A Bloom filter from which keys can be removed: four bits where <see cref="BloomFilter"/> has one. Any number of
/// threads may add, remove and ask at once.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> No false negatives: a key that was added more often than it was removed is contained, at
/// every moment, whatever is added and removed besides, as long as nothing is removed that was not added. Up to
/// <see cref="Capacity"/> distinct keys at a time, <c>Contains</c> of a key that is not in it is true with a probability
/// of at most <see cref="FalsePositiveRate"/>.</para>
/// <para><b>Removal.</b> <c>Remove</c> of a key that is certainly not in the filter is refused, atomically, and changes
/// nothing. A key that was never added but is reported present, one in a hundred at a rate of 1 %, cannot be told from
/// one that was: removing it takes counts from other keys, which may then be missed. So remove only what you know to
/// have been added, as often as it was.</para>
/// <para><b>Accuracy.</b> A counter holds up to 14. One that reaches 15 has lost count and stays, so that it never
/// causes a false negative: its bit is set for good. Below capacity this takes adding one key 15 times; distinct keys
/// at 1 % do it less than once in 10^12 counters. <see cref="CountStuck"/> tells how many there are.</para>
/// <para><b>Cost.</b> A key's eight counters are in one block of 128 bytes. <c>Contains</c> takes no lock; <c>Add</c>
/// and <c>Remove</c> take one of up to 256 locks, for a few nanoseconds. None of them allocates. Memory is four times
/// that of a split-block <see cref="BloomFilter"/>, and <see cref="ToBloomFilter"/> gives that one, to send to those
/// who only ask.</para>
/// <para><b>Keys.</b> As of <see cref="BloomFilter"/>.</para>
/// <para><b>Thread safety.</b> Thread-safe. <see cref="Clear"/> is not atomic: keys added meanwhile may be lost.</para>
/// <para><b>Source.</b> L. Fan, P. Cao, J. Almeida and A. Broder, Summary Cache, 2000; with the counters of a key in
/// one block.</para>
/// </remarks>
/// <example>
/// <code>
/// CountingBloomFilter online = CountingBloomFilter.Create(capacity: 100_000, falsePositiveRate: 0.01);
/// online.Add("session:42");
/// online.Remove("session:42");
/// </code>
/// </example>
[DebuggerDisplay("{ByteCount} bytes, capacity {Capacity} at {FalsePositiveRate}")]
public sealed partial class CountingBloomFilter
{
    // Representation: a CounterBlock for each block that the BloomFilter of this shape would have.
    //   I1  A counter that is not stuck is the number of the keys that are in it, counted as often as they were added.
    //   I2  Words of block b change under the lock b % _locks.Length only, so a removal sees all of its key's counters
    //       as they are, and is done or refused as a whole.
    //   I3  No write takes a counter to zero but the removal of the last key in it, so readers need no lock.
    private readonly BitTable _counters;
    private readonly FilterShape _shape;
    private readonly Lock[] _locks;

    private const int MaxLocks = 256;

    // Twice so many blocks are the most that the telemetry reads: from 16 MiB on, an even sample.
    private const long MaxSample = 1 << 16;

    private CountingBloomFilter(FilterShape shape, BitTable counters, long capacity, double falsePositiveRate)
    {
        _shape = shape;
        _counters = counters;
        _locks = new Lock[Math.Min(MaxLocks, Blocks)];
        for (int i = 0; i < _locks.Length; i++)
        {
            _locks[i] = new Lock();
        }

        Capacity = capacity;
        FalsePositiveRate = falsePositiveRate;
    }

    /// <summary>Gets the number of distinct keys up to which <see cref="FalsePositiveRate"/> holds.</summary>
    public long Capacity { get; }

    /// <summary>Gets the promised rate, as long as no more than <see cref="Capacity"/> distinct keys are in it.</summary>
    public double FalsePositiveRate { get; }

    /// <summary>Gets the size in bytes.</summary>
    public long ByteCount => _counters.WordCount * sizeof(ulong);

    /// <summary>Gets the rate now: the probability that the counters as they are answer yes for a key that was not
    /// added.</summary>
    /// <remarks>Reads at most 16 MiB: beyond, a sample, with a standard error below 1 % of the rate.</remarks>
    public double ExpectedFalsePositiveRate
    {
        get
        {
            Span<ulong> bits = stackalloc ulong[SplitBlock.Words];
            long stride = Math.Max(1, Blocks / MaxSample);
            double sum = 0;
            long sampled = 0;
            for (long block = 0; block < Blocks; block += stride)
            {
                CounterBlock.Collapse(ref Block(block), bits);
                sum += SplitBlock.HitProbability(ref bits[0]);
                sampled++;
            }

            return sum / sampled;
        }
    }

    /// <summary>Gets whether the filter is over-full: <see cref="ExpectedFalsePositiveRate"/> exceeds the promised
    /// <see cref="FalsePositiveRate"/>.</summary>
    public bool IsSaturated => ExpectedFalsePositiveRate > FalsePositiveRate;

    private long Blocks => _shape.BitCount / SplitBlock.Bits;

    /// <summary>Creates an empty filter.</summary>
    /// <param name="capacity">The number of distinct keys up to which the rate is to hold. At least 1.</param>
    /// <param name="falsePositiveRate">The promised rate, between 0 and 1, both exclusive.</param>
    /// <returns>A filter that takes its full memory now.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range, or the filter would need more
    /// than 2^37 bits (16 GiB), or the rate is below what 64-bit hashes can tell apart.</exception>
    public static CountingBloomFilter Create(long capacity, double falsePositiveRate = 0.01)
    {
        FilterShape shape = BloomFilter.ShapeFor(capacity, falsePositiveRate, BloomFilterLayout.SplitBlock);
        long words = shape.BitCount / SplitBlock.Bits * CounterBlock.Words;
        if (words > BitTable.MaxWords)
        {
            throw new ArgumentOutOfRangeException(
                nameof(capacity), capacity, $"Counters for so many keys at {falsePositiveRate} take more than {BitTable.MaxWords * sizeof(ulong):N0} bytes.");
        }

        return new CountingBloomFilter(shape, new BitTable(words), capacity, falsePositiveRate);
    }

    /// <summary>Estimates the number of distinct keys in the filter, from the share of counters that are not zero.</summary>
    /// <remarks>O(size). The relative standard error is about <c>0.6 / sqrt(keys)</c> up to capacity. A filter without a
    /// zero tells only the least number that can have filled it.</remarks>
    /// <returns>The estimate; 0 exactly if the filter is empty.</returns>
    public double EstimateCount()
    {
        long set = 0;
        foreach (ref readonly ulong word in _counters.Words)
        {
            set += System.Numerics.BitOperations.PopCount(CounterBlock.NotZero(Volatile.Read(in word)));
        }

        return _shape.CountAt((double)Math.Min(set, _shape.BitCount - 1) / _shape.BitCount);
    }

    /// <summary>Counts the counters that have lost count, and stay set until <see cref="Clear"/>.</summary>
    /// <remarks>O(size).</remarks>
    /// <returns>A number from 0 to twice <see cref="ByteCount"/>.</returns>
    public long CountStuck()
    {
        long stuck = 0;
        foreach (ref readonly ulong word in _counters.Words)
        {
            stuck += CounterBlock.StuckCounters(Volatile.Read(in word));
        }

        return stuck;
    }

    /// <summary>Removes every key.</summary>
    /// <remarks>O(size).</remarks>
    public void Clear()
    {
        for (long block = 0; block < Blocks; block++)
        {
            lock (_locks[block % _locks.Length])
            {
                _counters.Words.Slice((int)(block * CounterBlock.Words), CounterBlock.Words).Clear();
            }
        }
    }

    /// <summary>Gives the filter of the keys that are in this one, a quarter of the size: bit for bit what
    /// <see cref="BloomFilter.Create"/> with the same arguments, in the split-block layout, would be with these keys.</summary>
    /// <remarks>O(size). May run while others add and remove: a key that is in this filter all the while is in the result.
    /// </remarks>
    /// <returns>A filter of its own.</returns>
    public BloomFilter ToBloomFilter()
    {
        var bits = new BitTable(_shape.BitCount / BitTable.WordBits);
        for (long block = 0; block < Blocks; block++)
        {
            CounterBlock.Collapse(ref Block(block), bits.Words.Slice((int)(block * SplitBlock.Words), SplitBlock.Words));
        }

        return new BloomFilter(_shape, bits, Capacity, FalsePositiveRate, singleWriter: false);
    }

    private ref ulong Block(long block) => ref _counters.Word((ulong)block * CounterBlock.Words);
}
