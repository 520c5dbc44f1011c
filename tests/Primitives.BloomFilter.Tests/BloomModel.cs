using System.Numerics;

namespace Primitives.Tests;

/// <summary>A filter's bits as its documentation gives them, written plainly: big integers, one bit at a time.</summary>
internal static class BloomModel
{
    private static readonly uint[] Salts =
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    /// <summary>The bits that a key sets.</summary>
    public static IEnumerable<long> Bits(BloomFilter filter, ulong hash) =>
        filter.Layout == BloomFilterLayout.SplitBlock
            ? SplitBlockBits(High(hash, filter.BitCount / 256), (uint)hash)
            : ClassicBits(filter, hash);

    /// <summary>The bits of a key in a given block.</summary>
    public static IEnumerable<long> SplitBlockBits(long block, uint key) =>
        Salts.Select((salt, lane) => (block * 256) + (lane * 32) + (long)((ulong)key * salt % (1UL << 32) >> 27));

    /// <summary>The bits that a filter has set, read from its persisted form.</summary>
    public static SortedSet<long> BitsOf(BloomFilter filter)
    {
        byte[] bytes = filter.ToBytes();
        var set = new SortedSet<long>();
        for (long bit = 0; bit < filter.BitCount; bit++)
        {
            if ((bytes[16 + 32 + (bit / 8)] >> (int)(bit % 8) & 1) != 0)
            {
                set.Add(bit);
            }
        }

        return set;
    }

    private static IEnumerable<long> ClassicBits(BloomFilter filter, ulong hash)
    {
        var modulus = BigInteger.Pow(2, 64);
        BigInteger at = hash;
        BigInteger step = StableHash.Remix(hash);
        BigInteger growth = step * 0xD6E8FEB86659FD93 % modulus;
        for (int i = 0; i < filter.HashCount; i++)
        {
            yield return High((ulong)at, filter.BitCount);
            at = (at + step) % modulus;
            step = (step + growth) % modulus;
            growth = (growth + 0x9E3779B97F4A7C15) % modulus;
        }
    }

    private static long High(ulong hash, long range) => (long)((BigInteger)hash * range >> 64);
}
