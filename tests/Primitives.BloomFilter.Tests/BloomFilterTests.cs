using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class BloomFilterTests
{
    public static TheoryData<BloomFilterLayout, bool> Modes => new()
    {
        { BloomFilterLayout.SplitBlock, false },
        { BloomFilterLayout.SplitBlock, true },
        { BloomFilterLayout.Classic, false },
        { BloomFilterLayout.Classic, true },
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public void What_was_added_is_contained_and_the_bits_are_the_documented_ones(BloomFilterLayout layout, bool singleWriter) =>
        PropertyTest.Check<ulong[], PositiveInt>((hashes, capacity) =>
        {
            BloomFilter filter = BloomFilter.Create(capacity.Get, 0.02, layout, singleWriter);
            var expected = new SortedSet<long>();
            foreach (ulong hash in hashes.Select(StableHash.Remix))
            {
                bool isNew = BloomModel.Bits(filter, hash).Any(bit => !expected.Contains(bit));
                Assert.Equal(!isNew, filter.ContainsHash(hash));
                Assert.Equal(isNew, filter.AddHash(hash));
                Assert.True(filter.ContainsHash(hash));
                Assert.False(filter.AddHash(hash));
                expected.UnionWith(BloomModel.Bits(filter, hash));
            }

            Assert.Equal(expected, BloomModel.BitsOf(filter));
            Assert.All(hashes, hash => Assert.True(filter.ContainsHash(StableHash.Remix(hash))));
        });

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_key_is_its_hash_in_every_form(BloomFilterLayout layout, bool singleWriter)
    {
        PropertyTest.Check<byte[], string>((bytes, text) =>
        {
            AssertSame(StableHash.Compute(bytes), f => f.Add(bytes), f => f.Contains(bytes));
            AssertSame(StableHash.Compute(text), f => f.Add(text), f => f.Contains(text));
            AssertSame(StableHash.Compute(text), f => f.Add(text), f => f.Contains(Encoding.UTF8.GetBytes(text)));
        });
        PropertyTest.Check<long, Guid>((number, guid) =>
        {
            AssertSame(StableHash.Compute(number), f => f.Add(number), f => f.Contains((ulong)number));
            AssertSame(StableHash.Compute(number), f => f.Add((ulong)number), f => f.Contains(number));
            AssertSame(StableHash.Compute((int)number), f => f.Add((int)number), f => f.Contains((long)(int)number));
            AssertSame(StableHash.Compute(guid), f => f.Add(guid), f => f.Contains(guid));
        });

        void AssertSame(ulong hash, Func<BloomFilter, bool> add, Func<BloomFilter, bool> contains)
        {
            BloomFilter filter = BloomFilter.Create(100, 1e-9, layout, singleWriter);
            Assert.False(contains(filter));
            Assert.True(add(filter));
            Assert.True(contains(filter) && filter.ContainsHash(hash));
            Assert.False(add(filter) || filter.AddHash(hash));
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Many_is_the_same_as_one_by_one(BloomFilterLayout layout, bool singleWriter)
    {
        for (int count = 0; count < 200; count += count < 10 ? 1 : 17)
        {
            ulong[] hashes = [.. Enumerable.Range(0, count).Select(i => StableHash.Compute(i / 2))];
            BloomFilter many = BloomFilter.Create(1_000, 0.1, layout, singleWriter);
            BloomFilter single = BloomFilter.Create(1_000, 0.1, layout, singleWriter);
            Assert.Equal(hashes.Count(single.AddHash), many.AddMany(hashes));
            Assert.Equal(single.ToBytes(), many.ToBytes());

            ulong[] asked = [.. Enumerable.Range(-count, count * 2).Select(i => StableHash.Compute(i))];
            bool[] results = new bool[asked.Length + 1];
            Assert.Equal(asked.Count(single.ContainsHash), many.ContainsMany(asked, results));
            Assert.Equal(asked.Select(single.ContainsHash), results.Take(asked.Length));
        }

        Assert.Throws<ArgumentException>("results", () => BloomFilter.Create(1).ContainsMany(new ulong[2], new bool[1]));
    }

    [Fact]
    public void The_layout_is_chosen_by_the_rate_unless_it_is_given()
    {
        Assert.Equal(BloomFilterLayout.SplitBlock, BloomFilter.Create(1_000).Layout);
        Assert.Equal(BloomFilterLayout.SplitBlock, BloomFilter.Create(1_000, 0.001).Layout);
        Assert.Equal(BloomFilterLayout.Classic, BloomFilter.Create(1_000, 0.000999).Layout);
        Assert.Equal(BloomFilterLayout.Classic, BloomFilter.Create(1_000, 0.5, BloomFilterLayout.Classic).Layout);
        Assert.Equal(BloomFilterLayout.SplitBlock, BloomFilter.Create(1_000, 0.00001, BloomFilterLayout.SplitBlock).Layout);
    }

    [Fact]
    public void Size_is_told()
    {
        BloomFilter filter = BloomFilter.Create(1_000_000, 0.01);
        Assert.Equal((1_000_000, 0.01, 8), (filter.Capacity, filter.FalsePositiveRate, filter.HashCount));
        Assert.InRange(filter.BitCount / 1e6, 10.52, 10.53 * (1 + (1 / 256.0)));
        Assert.Equal(filter.BitCount, filter.ByteCount * 8);
        Assert.Equal(0, filter.BitCount % 256);

        BloomFilter classic = BloomFilter.Create(1_000_000, 0.0001);
        Assert.Equal(13, classic.HashCount);
        Assert.InRange(classic.BitCount / 1e6, 19.17, 19.18 * (1 + (1 / 256.0)));
    }

    /// <summary>10 million bits and more; a standard deviation of the estimate is 0.6 / sqrt(n), bounded here by 5.</summary>
    [Theory]
    [InlineData(BloomFilterLayout.SplitBlock)]
    [InlineData(BloomFilterLayout.Classic)]
    public void The_count_is_estimated_from_the_bits(BloomFilterLayout layout)
    {
        const int Capacity = 100_000;
        BloomFilter filter = BloomFilter.Create(Capacity, 0.01, layout);
        Assert.Equal(0, filter.EstimateCount());
        for (int i = 1; i <= Capacity * 2; i++)
        {
            filter.Add(i);
            filter.Add(i / 2);
            if (i is 1 or 100 or 10_000 or Capacity or Capacity * 2)
            {
                Assert.InRange(filter.EstimateCount() / i, 1 - (3 / Math.Sqrt(i)), 1 + (3 / Math.Sqrt(i)));
            }
        }
    }

    [Fact]
    public void A_filter_with_every_bit_set_tells_a_finite_count_and_rate_one()
    {
        BloomFilter filter = BloomFilter.Create(1);
        for (int i = 0; i < 100_000; i++)
        {
            filter.Add(i);
        }

        Assert.Equal(1, filter.ExpectedFalsePositiveRate);
        Assert.InRange(filter.EstimateCount(), 50, 1e6);
        Assert.True(filter.IsSaturated);
    }

    [Theory]
    [InlineData(0.1, 200_000)]
    [InlineData(0.01, 500_000)]
    [InlineData(0.01, 2_000_000)] // large enough to be sampled
    [InlineData(0.0001, 50_000)]
    public void The_rate_now_follows_the_formula_and_saturation_begins_at_capacity(double rate, int capacity)
    {
        BloomFilter filter = BloomFilter.Create(capacity, rate, singleWriter: true);
        Assert.Equal(0, filter.ExpectedFalsePositiveRate);
        Assert.False(filter.IsSaturated);

        int added = 0;
        foreach (int percent in (int[])[50, 95, 105, 150])
        {
            for (; added < (long)capacity * percent / 100; added++)
            {
                filter.Add(added);
            }

            // Fluctuation of the bits and, where it samples, of the sample: below 1 % each; bounded by 4 of them.
            Assert.InRange(filter.ExpectedFalsePositiveRate / filter.ExpectedFalsePositiveRateAt(added), 0.95, 1.05);
            Assert.Equal(percent > 100, filter.IsSaturated);
        }
    }

    [Fact]
    public void Hot_members_allocate_nothing()
    {
        foreach (BloomFilterLayout layout in (BloomFilterLayout[])[BloomFilterLayout.SplitBlock, BloomFilterLayout.Classic])
        {
            BloomFilter filter = BloomFilter.Create(10_000, 0.01, layout);
            byte[] bytes = [1, 2, 3];
            string text = "user:0000042:profile:1";
            ulong[] hashes = [.. Enumerable.Range(0, 100).Select(i => StableHash.Compute(i))];
            bool[] results = new bool[100];
            var guid = new Guid("0198c0de-0000-7000-8000-000000000001");
            long key = 0;
            Allocation.AssertNone(() =>
            {
                filter.Add(key++);
                filter.Contains(key);
                filter.Add(bytes);
                filter.Contains(bytes);
                filter.Add(text);
                filter.Contains(text);
                filter.Add(guid);
                filter.Contains(guid);
                filter.AddMany(hashes);
                filter.ContainsMany(hashes, results);
            });
            Allocation.AssertNone(() =>
            {
                _ = filter.EstimateCount();
                _ = filter.IsSaturated;
            });
        }
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        foreach (long capacity in (long[])[0, -1, long.MinValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>("capacity", () => BloomFilter.Create(capacity));
        }

        foreach (double rate in (double[])[0, 1, -0.1, 1.1, double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            Assert.Throws<ArgumentOutOfRangeException>("falsePositiveRate", () => BloomFilter.Create(1, rate));
        }

        Assert.Throws<ArgumentOutOfRangeException>("layout", () => BloomFilter.Create(1, 0.1, (BloomFilterLayout)3));
        Assert.Throws<ArgumentOutOfRangeException>("layout", () => BloomFilter.Create(1, 0.1, (BloomFilterLayout)(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("keys", () => BloomFilter.Create(1).ExpectedFalsePositiveRateAt(-1));
    }

    [Fact]
    public void What_does_not_fit_or_cannot_be_promised_is_refused_before_memory_is_taken()
    {
        // 2^37 bits are enough for 13,000 million keys at 1 %, not for 14,000 million.
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => BloomFilter.Create(14_000_000_000));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => BloomFilter.Create(long.MaxValue, 0.9));

        // A million keys share a 64-bit hash with 5e-14 of all others; in a block, 32 bits decide.
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => BloomFilter.Create(1_000_000, 1e-14));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => BloomFilter.Create(1_000, double.Epsilon));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => BloomFilter.Create(1_000_000_000, 1e-12, BloomFilterLayout.SplitBlock));
    }

    [Theory]
    [InlineData(BloomFilterLayout.SplitBlock)]
    [InlineData(BloomFilterLayout.Classic)]
    public void The_estimate_of_the_smallest_filters_is_true_on_average(BloomFilterLayout layout)
    {
        const int Keys = 10;
        const int Filters = 5_000;
        double sum = 0;
        long key = 0;
        for (int i = 0; i < Filters; i++)
        {
            BloomFilter filter = BloomFilter.Create(Keys, 0.001, layout);
            for (int n = 0; n < Keys; n++)
            {
                filter.Add(key++);
            }

            sum += filter.EstimateCount();
        }

        Assert.InRange(sum / (Filters * Keys), 0.99, 1.01);
        if (layout == BloomFilterLayout.SplitBlock)
        {
            BloomFilter single = BloomFilter.Create(1);
            single.Add("key");
            Assert.Equal(1, single.EstimateCount(), 1e-9); // eight bits of 256, always
        }
    }
}
