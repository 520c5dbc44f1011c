namespace Primitives.Tests;

/// <summary>More than 2^32 bits, where arithmetic of 32 bits would wrap: one filter of 540 MB for the whole class.</summary>
public class BloomFilterHugeTests
{
    [Fact]
    public void A_filter_past_two_to_the_thirty_two_bits_uses_all_of_them()
    {
        const int Keys = 1_500_000;
        BloomFilter filter = BloomFilter.Create(415_000_000, singleWriter: true);
        Assert.True(filter.BitCount > 1L << 32);

        ulong[] hashes = new ulong[10_000];
        long added = 0;
        for (int from = 0; from < Keys; from += hashes.Length)
        {
            for (int i = 0; i < hashes.Length; i++)
            {
                hashes[i] = StableHash.Compute(from + i);
            }

            added += filter.AddMany(hashes);
            bool[] present = new bool[hashes.Length];
            Assert.Equal(hashes.Length, filter.ContainsMany(hashes, present));
        }

        Assert.Equal(Keys, added); // so sparse that no key is present by chance

        // Nothing lands on top of something else: wrapped at 2^32 bits, the last 2 % would stay empty, and with half
        // of the space, twice as many bits as expected would coincide, which is 0.14 % of the count.
        Assert.InRange(filter.EstimateCount() / Keys, 0.9997, 1.0003);
        int beyond = 0;
        for (int i = 0; i < Keys; i++)
        {
            ulong hash = StableHash.Compute(i);
            beyond += Math.BigMul(hash, (ulong)filter.BitCount, out _) >= 1UL << 32 ? 1 : 0;
            Assert.True(filter.ContainsHash(hash));
        }

        Assert.InRange((double)beyond / Keys, 0.001, 0.05);
        BloomFilter folded = filter.Fold(filter.MaxHalvings);
        Assert.True(folded.Contains(0) && folded.Contains(Keys - 1));
    }
}
