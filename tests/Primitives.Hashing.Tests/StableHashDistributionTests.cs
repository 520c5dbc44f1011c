using System.Buffers.Binary;
using System.Globalization;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>
/// Statistics of the hash on the keys people really have. Keys and seeds are fixed, so a result never changes; each
/// bound is one that a truly random function would miss once in about 100,000 runs (4.26 standard deviations).
/// </summary>
public class StableHashDistributionTests
{
    private const int Keys = 1 << 17;
    private const int Buckets = 1 << 10;
    private const double Z = 4.26;

    public static TheoryData<string> KeySets => ["sequential", "multiples of 4096", "dense text", "guid", "version 7 guid"];

    [Theory]
    [MemberData(nameof(KeySets))]
    public void High_bits_low_bits_and_ranges_are_uniform(string keySet)
    {
        AssertUniform(keySet, hash => (int)(hash >> 54), Buckets);
        AssertUniform(keySet, hash => (int)(hash & (Buckets - 1)), Buckets);
        AssertUniform(keySet, hash => (int)StableHash.Range(hash, 1_000), 1_000);
        AssertUniform(keySet, hash => (int)StableHash.Range(StableHash.Remix(hash), 1_000), 1_000);
    }

    /// <summary>A shard chosen by the hash must say nothing about the slot chosen by its remix: the joint counts are
    /// uniform too.</summary>
    [Theory]
    [MemberData(nameof(KeySets))]
    public void Remix_is_independent_of_the_hash(string keySet) =>
        AssertUniform(
            keySet,
            hash => (int)((StableHash.Range(hash, 32) * 32) + StableHash.Range(StableHash.Remix(hash), 32)),
            32 * 32);

    [Fact]
    public void Every_input_bit_of_an_integer_changes_every_output_bit_half_the_time()
    {
        AssertAvalanche(64, 4_000, (key, bit) => StableHash.Compute(key ^ (1UL << bit)), key => StableHash.Compute(key));
        AssertAvalanche(64, 4_000, (key, bit) => StableHash.Remix(key ^ (1UL << bit)), StableHash.Remix);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(300)]
    public void Every_input_bit_of_bytes_changes_every_output_bit_half_the_time(int length)
    {
        // Sequential keys, in the first and the last bytes: the hardest ones for a weak hash.
        var bytes = new byte[length];
        ulong Hash(ulong key, int flip)
        {
            bytes.AsSpan().Clear();
            for (int i = 0; i < Math.Min(length, sizeof(uint)); i++)
            {
                bytes[i] = (byte)(key >> (8 * i));
            }

            if (flip >= 0)
            {
                bytes[flip < 8 ? 0 : length - 1] ^= (byte)(1 << (flip % 8));
            }

            return StableHash.Compute(bytes);
        }

        AssertAvalanche(16, 4_000, Hash, key => Hash(key, -1));
    }

    [Fact]
    public void A_seed_gives_an_unrelated_function() =>
        AssertAvalanche(64, 4_000, (key, bit) => StableHash.Compute(key, 1UL << bit), key => StableHash.Compute(key));

    private static void AssertUniform(string keySet, Func<ulong, int> bucketOf, int buckets)
    {
        var counts = new long[buckets];
        foreach (ulong hash in Hashes(keySet))
        {
            counts[bucketOf(hash)]++;
        }

        // Two-sided: a hash that spreads keys more evenly than chance is as wrong a model of randomness.
        double statistic = ChiSquare.Statistic(counts);
        Assert.InRange(statistic, ChiSquare.Quantile(buckets - 1, -Z), ChiSquare.Quantile(buckets - 1, Z));
    }

    private static void AssertAvalanche(int inputBits, int keys, Func<ulong, int, ulong> flipped, Func<ulong, ulong> plain)
    {
        var changes = new int[inputBits, 64];
        for (ulong key = 0; key < (ulong)keys; key++)
        {
            ulong hash = plain(key);
            for (int i = 0; i < inputBits; i++)
            {
                ulong difference = hash ^ flipped(key, i);
                for (int o = 0; o < 64; o++)
                {
                    changes[i, o] += (int)((difference >> o) & 1);
                }
            }
        }

        // Among consecutive keys a flip of a low bit pairs them up, and each pair is seen from both ends, so a cell
        // is a sum of keys / 2 doubled coin flips: its standard deviation is sqrt(keys / 2). Over 4,096 cells the
        // bound for one is at 6 of them, which chance exceeds in fewer than one run in 100,000.
        double bound = 6 * Math.Sqrt(keys / 2.0);
        foreach (int count in changes)
        {
            Assert.InRange(count, (keys / 2) - bound, (keys / 2) + bound);
        }
    }

    private static IEnumerable<ulong> Hashes(string keySet)
    {
        var guids = new Random(1);
        var bytes = new byte[16];
        for (int i = 0; i < Keys; i++)
        {
            switch (keySet)
            {
                case "sequential":
                    yield return StableHash.Compute(i);
                    break;
                case "multiples of 4096":
                    yield return StableHash.Compute((long)i << 12);
                    break;
                case "dense text":
                    yield return StableHash.Compute(i.ToString("D6", CultureInfo.InvariantCulture));
                    break;
                case "guid":
                    guids.NextBytes(bytes);
                    yield return StableHash.Compute(new Guid(bytes));
                    break;
                case "version 7 guid":
                    // A millisecond timestamp that barely moves, a counter, and few random bits.
                    BinaryPrimitives.WriteInt64BigEndian(bytes, (1_760_000_000_000L + (i / 100)) << 16);
                    BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), i);
                    yield return StableHash.Compute(new Guid(bytes, bigEndian: true));
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(keySet));
            }
        }
    }
}
