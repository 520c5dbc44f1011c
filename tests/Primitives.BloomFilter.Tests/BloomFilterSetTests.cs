using Primitives.Testing;

namespace Primitives.Tests;

public class BloomFilterSetTests
{
    [Theory]
    [MemberData(nameof(BloomFilterTests.Modes), MemberType = typeof(BloomFilterTests))]
    public void A_union_is_bit_for_bit_the_filter_of_all_keys(BloomFilterLayout layout, bool singleWriter) =>
        PropertyTest.Check<long[], long[]>((ours, theirs) =>
        {
            BloomFilter union = Filter(ours, layout, singleWriter);
            BloomFilter other = Filter(theirs, layout, singleWriter);
            byte[] before = other.ToBytes();
            union.UnionWith(other);
            Assert.Equal(Filter([.. ours, .. theirs], layout, singleWriter).ToBytes(), union.ToBytes());
            Assert.Equal(before, other.ToBytes());

            union.UnionWith(union);
            Assert.All(ours.Concat(theirs), key => Assert.True(union.Contains(key)));
        });

    [Theory]
    [MemberData(nameof(BloomFilterTests.Modes), MemberType = typeof(BloomFilterTests))]
    public void An_intersection_keeps_the_common_keys_and_no_bit_that_one_lacked(BloomFilterLayout layout, bool singleWriter) =>
        PropertyTest.Check<long[], long[]>((ours, theirs) =>
        {
            long[] common = [.. ours.Take(3), .. theirs.Take(3)];
            BloomFilter intersection = Filter([.. ours, .. common], layout, singleWriter);
            BloomFilter other = Filter([.. theirs, .. common], layout, singleWriter);
            SortedSet<long> expected = BloomModel.BitsOf(intersection);
            expected.IntersectWith(BloomModel.BitsOf(other));
            intersection.IntersectWith(other);
            Assert.Equal(expected, BloomModel.BitsOf(intersection));
            Assert.All(common, key => Assert.True(intersection.Contains(key)));
        });

    [Theory]
    [MemberData(nameof(BloomFilterTests.Modes), MemberType = typeof(BloomFilterTests))]
    public void A_fold_is_the_smaller_filter_with_the_same_keys(BloomFilterLayout layout, bool singleWriter)
    {
        BloomFilter filter = BloomFilter.Create(200_000, 0.01, layout, singleWriter);
        Assert.InRange(filter.MaxHalvings, 4, 20);
        long[] keys = [.. Enumerable.Range(0, 5_000)];
        foreach (long key in keys)
        {
            filter.Add(key);
        }

        for (int halvings = 1; halvings <= filter.MaxHalvings; halvings++)
        {
            BloomFilter folded = filter.Fold(halvings);
            Assert.Equal((filter.BitCount >> halvings, filter.HashCount, layout), (folded.BitCount, folded.HashCount, folded.Layout));

            var expected = new SortedSet<long>(keys.SelectMany(key => BloomModel.Bits(folded, StableHash.Compute(key))));
            Assert.Equal(expected, BloomModel.BitsOf(folded));
            Assert.All(keys, key => Assert.True(folded.Contains(key)));

            // And it lives on: with the capacity that its size has.
            Assert.True(folded.ExpectedFalsePositiveRateAt(folded.Capacity) <= 0.01);
            Assert.True(folded.ExpectedFalsePositiveRateAt(folded.Capacity + 1) > 0.01);
            Assert.InRange((double)folded.Capacity / (200_000 >> halvings), 0.99, 1.02);
            folded.Add(-1);
            Assert.True(folded.Contains(-1L));
        }

        Assert.All(keys, key => Assert.True(filter.Contains(key)));
        Assert.Throws<ArgumentOutOfRangeException>("halvings", () => filter.Fold(0));
        Assert.Throws<ArgumentOutOfRangeException>("halvings", () => filter.Fold(filter.MaxHalvings + 1));
        Assert.Throws<ArgumentOutOfRangeException>("halvings", () => filter.Fold(-1));
    }

    [Fact]
    public void Folding_once_is_folding_twice_by_half_as_much()
    {
        foreach (BloomFilterLayout layout in (BloomFilterLayout[])[BloomFilterLayout.SplitBlock, BloomFilterLayout.Classic])
        {
            BloomFilter filter = BloomFilter.Create(100_000, 0.01, layout);
            filter.AddMany([.. Enumerable.Range(0, 20_000).Select(i => StableHash.Compute(i))]);
            Assert.Equal(filter.Fold(3).ToBytes(), filter.Fold(1).Fold(2).ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(BloomFilterTests.Modes), MemberType = typeof(BloomFilterTests))]
    public void A_clone_is_equal_and_separate(BloomFilterLayout layout, bool singleWriter)
    {
        BloomFilter filter = Filter([1, 2, 3], layout, singleWriter);
        BloomFilter clone = filter.Clone();
        Assert.Equal(filter.ToBytes(), clone.ToBytes());
        clone.Add(4);
        Assert.False(filter.Contains(4));
        filter.Clear();
        Assert.True(clone.Contains(1) && clone.Contains(4));
        Assert.False(filter.Contains(1));
        Assert.Equal(0, filter.EstimateCount());
    }

    [Fact]
    public void Filters_of_different_shapes_are_not_combined()
    {
        BloomFilter filter = BloomFilter.Create(10_000);
        foreach (BloomFilter other in (BloomFilter[])
            [
                BloomFilter.Create(20_000),
                BloomFilter.Create(10_000, 0.02),
                BloomFilter.Create(10_000, 0.01, BloomFilterLayout.Classic),
            ])
        {
            Assert.Throws<ArgumentException>("other", () => filter.UnionWith(other));
            Assert.Throws<ArgumentException>("other", () => filter.IntersectWith(other));
            Assert.Throws<ArgumentException>("other", () => other.UnionWith(filter));
        }

        Assert.Throws<ArgumentNullException>("other", () => filter.UnionWith(null!));
        Assert.Throws<ArgumentNullException>("other", () => filter.IntersectWith(null!));
        filter.UnionWith(BloomFilter.Create(10_000, singleWriter: true)); // who writes is not part of the shape
    }

    private static BloomFilter Filter(IEnumerable<long> keys, BloomFilterLayout layout, bool singleWriter)
    {
        BloomFilter filter = BloomFilter.Create(50, 0.05, layout, singleWriter);
        foreach (long key in keys)
        {
            filter.Add(key);
        }

        return filter;
    }
}
