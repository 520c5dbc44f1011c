using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>What jump and JumpBack hashing promise alike.</summary>
internal static class BucketChecks
{
    private const double Z = 4.26; // a random function misses a two-sided bound once in 50,000 runs

    /// <summary>With one bucket more, a key stays or goes to the new bucket; exactly.</summary>
    public static void AssertGrowingMovesKeysToTheNewBucketOnly(Func<ulong, int, int> bucketOf)
    {
        PropertyTest.Check<ulong>(hash =>
        {
            int before = bucketOf(hash, 1);
            Assert.Equal(0, before);
            for (int buckets = 2; buckets <= 1_100; buckets++)
            {
                int after = bucketOf(hash, buckets);
                Assert.True(after == before || after == buckets - 1, $"{hash:X} went from {before} to {after} of {buckets}.");
                before = after;
            }
        });

        // Over all sizes: from fewer to more, a key stays or goes to one of the new buckets.
        var sizes = Gen.Choose(0, 30).SelectMany(bits => Gen.Choose(1 << bits, (int)((2L << bits) - 1)));
        PropertyTest.Check(sizes, sizes, (one, other) =>
        {
            var random = new Random(one ^ other);
            (int fewer, int more) = (Math.Min(one, other), Math.Max(one, other));
            for (int i = 0; i < 100; i++)
            {
                ulong hash = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
                int before = bucketOf(hash, fewer);
                int after = bucketOf(hash, more);
                Assert.InRange(before, 0, fewer - 1);
                Assert.InRange(after, 0, more - 1);
                Assert.True(after == before || after >= fewer);
            }
        }, count: 1_000);
    }

    /// <summary>Chi-square of the buckets of consecutive integers, either hashed first or taken as hashes.</summary>
    public static void AssertBalanced(Func<ulong, int, int> bucketOf, Func<ulong, ulong> hashOf, int keys, params int[] sizes)
    {
        foreach (int buckets in sizes)
        {
            var counts = new long[buckets];
            for (int key = 0; key < keys; key++)
            {
                counts[bucketOf(hashOf((ulong)key), buckets)]++;
            }

            Assert.InRange(
                ChiSquare.Statistic(counts), ChiSquare.Quantile(buckets - 1, -Z), ChiSquare.Quantile(buckets - 1, Z));
        }
    }

    /// <summary>Growing from n to n + 1 moves a binomial number of keys, 1/(n + 1) of them on average.</summary>
    public static void AssertGrowingMovesItsShare(Func<ulong, int, int> bucketOf, int keys, params int[] sizes)
    {
        foreach (int buckets in sizes)
        {
            int moved = 0;
            for (int key = 0; key < keys; key++)
            {
                ulong hash = StableHash.Compute(key);
                moved += bucketOf(hash, buckets) == bucketOf(hash, buckets + 1) ? 0 : 1;
            }

            double mean = (double)keys / (buckets + 1);
            double deviation = Math.Sqrt(mean * buckets / (buckets + 1));
            Assert.InRange(moved, mean - (Z * deviation), mean + (Z * deviation));
        }
    }

    public static void AssertTheEdges(Func<ulong, int, int> bucketOf)
    {
        foreach (ulong hash in (ulong[])[0, 1, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue])
        {
            Assert.Equal(0, bucketOf(hash, 1));
            Assert.InRange(bucketOf(hash, 2), 0, 1);
            Assert.InRange(bucketOf(hash, int.MaxValue), 0, int.MaxValue - 1);
            foreach (int buckets in (int[])[0, -1, int.MinValue])
            {
                Assert.Throws<ArgumentOutOfRangeException>("buckets", () => bucketOf(hash, buckets));
            }
        }
    }
}
