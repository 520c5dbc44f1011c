using System.Numerics;

namespace Primitives;

/// <summary>What a filter's bits mean: layout, size and bits a key. Two filters can be combined if theirs are equal.</summary>
internal readonly record struct FilterShape
{
    public const int MaxHashCount = 64;

    // Sizes are rounded up so that the filter can be folded in half until this many units, words or blocks, are left;
    // one part in so many is the most that the rounding adds.
    private const int UnfoldableUnits = 256;

    /// <summary>Describes split blocks.</summary>
    public FilterShape(long blocks)
    {
        Layout = BloomFilterLayout.SplitBlock;
        BitCount = blocks * SplitBlock.Bits;
        HashCount = SplitBlock.Lanes;
    }

    /// <summary>Describes classic bits.</summary>
    public FilterShape(long words, int hashCount)
    {
        Layout = BloomFilterLayout.Classic;
        BitCount = words * BitTable.WordBits;
        HashCount = hashCount;
    }

    public static long MaxBits => BitTable.MaxWords / SplitBlock.Words * SplitBlock.Bits;

    public BloomFilterLayout Layout { get; }

    public long BitCount { get; }

    public int HashCount { get; }

    /// <summary>Gets the number of times the size can be halved.</summary>
    public int MaxHalvings => BitOperations.TrailingZeroCount(Units);

    // What a fold puts on top of each other: blocks, or 64 bits at a time.
    private long Units => BitCount / UnitBits(Layout);

    /// <summary>Finds the smallest filter whose rate at capacity is at most the promised one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No filter of at most <see cref="MaxBits"/> is good enough.</exception>
    public static FilterShape For(long capacity, double rate, BloomFilterLayout layout)
    {
        long max = MaxBits / UnitBits(layout);
        if (Best(layout, max, capacity).Rate(capacity) > rate)
        {
            throw new ArgumentOutOfRangeException(
                nameof(capacity), capacity, $"A filter has at most {MaxBits:N0} bits and 64-bit hashes; that is not enough for a false-positive rate of {rate} at this capacity.");
        }

        // The rate falls with the size, so the least that is good enough is found by bisection.
        long tooSmall = 0;
        long enough = 1;
        while (enough < max && Best(layout, enough, capacity).Rate(capacity) > rate)
        {
            tooSmall = enough;
            enough = Math.Min(max, enough * 2);
        }

        while (enough - tooSmall > 1)
        {
            long middle = tooSmall + ((enough - tooSmall) / 2);
            if (Best(layout, middle, capacity).Rate(capacity) > rate)
            {
                tooSmall = middle;
            }
            else
            {
                enough = middle;
            }
        }

        return Best(layout, Math.Min(max, RoundUp(enough)), capacity);
    }

    /// <summary>Gives the rate expected with that many distinct keys.</summary>
    public double Rate(double keys) =>
        Layout == BloomFilterLayout.SplitBlock
            ? RateFormula.SplitBlocks(keys, Units)
            : RateFormula.Classic(keys, BitCount, HashCount);

    /// <summary>Gives the most keys at which the rate is at most the one given; at least 1.</summary>
    public long CapacityAt(double rate)
    {
        long fits = 1;
        long tooMany = 2;
        while (Rate(tooMany) <= rate)
        {
            fits = tooMany;
            tooMany *= 2; // ends: with many more keys than bits the rate is 1
        }

        while (tooMany - fits > 1)
        {
            long middle = fits + ((tooMany - fits) / 2);
            if (Rate(middle) > rate)
            {
                tooMany = middle;
            }
            else
            {
                fits = middle;
            }
        }

        return fits;
    }

    /// <summary>Gives the number of keys after which a share of the bits, below 1, is expected to be set.</summary>
    /// <remarks>A key of a split-block filter sets eight different bits. In the classic layout they may coincide.</remarks>
    public double CountAt(double fill) =>
        PreciseMath.LogOnePlus(-fill) / (Layout == BloomFilterLayout.SplitBlock
            ? PreciseMath.LogOnePlus(-(double)HashCount / BitCount)
            : HashCount * PreciseMath.LogOnePlus(-1.0 / BitCount));

    /// <summary>Gives the shape of a filter folded in half that many times.</summary>
    public FilterShape Halved(int times) =>
        Layout == BloomFilterLayout.SplitBlock ? new FilterShape(Units >> times) : new FilterShape(Units >> times, HashCount);

    public static int UnitBits(BloomFilterLayout layout) =>
        layout == BloomFilterLayout.SplitBlock ? SplitBlock.Bits : BitTable.WordBits;

    private static FilterShape Best(BloomFilterLayout layout, long units, long capacity)
    {
        if (layout == BloomFilterLayout.SplitBlock)
        {
            return new FilterShape(units);
        }

        // Half the bits set is best, k = m/n ln 2; of the two whole numbers around it, the one with the lower rate.
        double ideal = (double)units * BitTable.WordBits / capacity * Math.Log(2);
        int below = (int)Math.Clamp(Math.Floor(ideal), 1, MaxHashCount);
        var fewer = new FilterShape(units, below);
        var more = new FilterShape(units, Math.Min(below + 1, MaxHashCount));
        return fewer.Rate(capacity) <= more.Rate(capacity) ? fewer : more;
    }

    private static long RoundUp(long units)
    {
        long step = Math.Max(1, (long)(BitOperations.RoundUpToPowerOf2((ulong)units) / 2 / UnfoldableUnits));
        return (units + step - 1) / step * step;
    }
}
