using System.Globalization;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class ShortCodePermutationTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)(i * 7))];

    [Fact]
    public void Golden_codes_never_change()
    {
        string[] lines = File.ReadAllLines(RepositoryRoot.Combine("tests", "Primitives.Base62.Tests", "Vectors", "permutation.csv"));
        foreach (string line in lines.Skip(1))
        {
            string[] cells = line.Split(',');
            int length = int.Parse(cells[1], CultureInfo.InvariantCulture);
            ulong id = ulong.Parse(cells[2], CultureInfo.InvariantCulture);
            var permutation = new ShortCodePermutation(Convert.FromHexString(cells[0]), length);
            Assert.Equal(cells[3], Base62.Encode(permutation.Permute(id), length));
            Assert.Equal(id, permutation.Invert(Base62.Decode(cells[3], length)));
        }

        Assert.Equal(301, lines.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Is_a_bijection_of_the_whole_of_a_small_domain(int length)
    {
        var permutation = new ShortCodePermutation(Key, length);
        var met = new bool[permutation.Domain];
        for (ulong id = 0; id < permutation.Domain; id++)
        {
            ulong code = permutation.Permute(id);
            Assert.False(met[code], $"Code {code} is met twice.");
            met[code] = true;
            if (length < 3 || id % 8 == 0) // an inverse on one side of a bijection of a finite set is one on both
            {
                Assert.Equal(id, permutation.Invert(code));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Inverts_ids_and_codes_of_large_domains(int length)
    {
        var permutation = new ShortCodePermutation(Key, length);
        AssertInverts(permutation, 0);
        AssertInverts(permutation, permutation.Domain - 1);
        PropertyTest.Check(
            Gen.Choose(0, int.MaxValue),
            Gen.Choose(0, int.MaxValue),
            (a, b) => AssertInverts(permutation, (((ulong)a << 31) | (uint)b) % permutation.Domain),
            300);
    }

    [Fact]
    public void Domain_is_62_to_the_length()
    {
        Assert.Equal(62UL, new ShortCodePermutation(Key, 1).Domain);
        Assert.Equal(3_521_614_606_208UL, new ShortCodePermutation(Key, 7).Domain);
        Assert.Equal(839_299_365_868_340_224UL, new ShortCodePermutation(Key, 10).Domain);
        Assert.Equal(7, new ShortCodePermutation(Key, 7).Length);
    }

    [Fact]
    public void Codes_of_consecutive_ids_are_spread_evenly_and_in_every_digit()
    {
        // Chi-square of each digit over 62 values: 14 tests, each with a false alarm in 100,000; the key is fixed.
        foreach (int length in (int[])[6, 7])
        {
            var permutation = new ShortCodePermutation(Key, length);
            var counts = new long[length][];
            for (int digit = 0; digit < length; digit++)
            {
                counts[digit] = new long[62];
            }

            for (ulong id = 0; id < 20_000; id++)
            {
                ulong code = permutation.Permute(id);
                for (int digit = 0; digit < length; digit++, code /= 62)
                {
                    counts[digit][code % 62]++;
                }
            }

            double limit = ChiSquare.Quantile(61, 4.26);
            Assert.All(counts, digit => Assert.True(ChiSquare.Statistic(digit) < limit));
        }
    }

    [Fact]
    public void The_code_of_an_id_says_nothing_about_the_code_of_the_next()
    {
        var permutation = new ShortCodePermutation(Key, 7);
        const int Pairs = 20_000;
        var distances = new long[64];
        var sharedDigits = new long[7];
        int rises = 0;
        ulong previous = permutation.Permute(1_000_000_000_000);
        for (ulong i = 1; i <= Pairs; i++)
        {
            ulong code = permutation.Permute(1_000_000_000_000 + i);
            ulong distance = (code + permutation.Domain - previous) % permutation.Domain;
            distances[(int)((UInt128)distance * 64 / permutation.Domain)]++;
            rises += code > previous ? 1 : 0;
            for (int digit = 0; digit < 7; digit++)
            {
                ulong place = (ulong)Math.Pow(62, digit);
                sharedDigits[digit] += code / place % 62 == previous / place % 62 ? 1 : 0;
            }

            previous = code;
        }

        Assert.True(ChiSquare.Statistic(distances) < ChiSquare.Quantile(63, 4.26));
        Assert.InRange(rises, (Pairs / 2) - 180, (Pairs / 2) + 180); // 4.4 deviations; of random numbers, sqrt(Pairs / 12)
        double deviation = Math.Sqrt(Pairs / 62.0 * 61 / 62);
        Assert.All(sharedDigits, count => Assert.InRange(count, (Pairs / 62.0) - (4.5 * deviation), (Pairs / 62.0) + (4.5 * deviation)));
    }

    [Fact]
    public void Every_bit_of_a_neighbouring_id_changes_half_the_bits_of_the_code()
    {
        // 400 ids for each of 35 bits, the lower 34 bits of the code (62^6 is between 2^35 and 2^36); 4.5 deviations.
        var permutation = new ShortCodePermutation(Key, 6);
        var random = new Random(6);
        for (int bit = 0; bit < 35; bit++)
        {
            long flipped = 0;
            for (int i = 0; i < 400; i++)
            {
                ulong id = (ulong)random.NextInt64(1L << 35);
                ulong change = permutation.Permute(id) ^ permutation.Permute(id ^ (1UL << bit));
                flipped += System.Numerics.BitOperations.PopCount(change & ((1UL << 34) - 1));
            }

            double expected = 400 * 34 / 2.0;
            Assert.InRange(flipped, expected - (4.5 * Math.Sqrt(expected / 2)), expected + (4.5 * Math.Sqrt(expected / 2)));
        }
    }

    [Fact]
    public void In_the_smallest_domain_keys_spread_one_id_over_all_codes()
    {
        var counts = new long[62];
        for (int i = 0; i < 6_200; i++)
        {
            byte[] key = new byte[16];
            BitConverter.TryWriteBytes(key, i);
            counts[new ShortCodePermutation(key, 1).Permute(17)]++;
        }

        Assert.True(ChiSquare.Statistic(counts) < ChiSquare.Quantile(61, 4.26));
    }

    [Fact]
    public void Every_bit_of_the_key_and_the_length_change_the_codes()
    {
        ulong code = new ShortCodePermutation(Key, 10).Permute(42);
        for (int bit = 0; bit < 8 * Key.Length; bit++)
        {
            byte[] other = [.. Key];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(code, new ShortCodePermutation(other, 10).Permute(42));
        }

        Assert.NotEqual(code, new ShortCodePermutation([.. Key, 0], 10).Permute(42));
        Assert.NotEqual(code, new ShortCodePermutation(Key.AsSpan(0, 31), 10).Permute(42));

        // Halves of lengths 6 and 7 overlap in range; the codes have nothing in common.
        ulong six = new ShortCodePermutation(Key, 6).Permute(42);
        Assert.NotEqual(six, new ShortCodePermutation(Key, 7).Permute(42) % new ShortCodePermutation(Key, 6).Domain);
    }

    [Fact]
    public void The_key_is_copied()
    {
        byte[] key = [.. Key];
        var permutation = new ShortCodePermutation(key, 8);
        ulong code = permutation.Permute(42);
        key.AsSpan().Clear();
        Assert.Equal(code, permutation.Permute(42));
        Assert.Equal(42UL, permutation.Invert(code));
    }

    [Fact]
    public void Threads_that_share_an_instance_get_the_codes_of_one_thread()
    {
        var permutation = new ShortCodePermutation(Key, 7);
        ulong[] expected = [.. Enumerable.Range(0, 500).Select(id => permutation.Permute((ulong)id))];
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                int id = thread.Random.Next(expected.Length);
                Assert.Equal(expected[id], permutation.Permute((ulong)id));
                Assert.Equal((ulong)id, permutation.Invert(expected[id]));
            }
        });
    }

    [Fact]
    public void Rejects_bad_arguments()
    {
        Assert.Throws<ArgumentException>("key", () => new ShortCodePermutation([], 7));
        Assert.Throws<ArgumentException>("key", () => new ShortCodePermutation(new byte[15], 7));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => new ShortCodePermutation(Key, 0));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => new ShortCodePermutation(Key, 11));
        foreach (int length in (int[])[1, 2, 7, 10])
        {
            var permutation = new ShortCodePermutation(new byte[16], length);
            foreach (ulong value in (ulong[])[permutation.Domain, permutation.Domain + 1, ulong.MaxValue])
            {
                Assert.Throws<ArgumentOutOfRangeException>("id", () => permutation.Permute(value));
                Assert.Throws<ArgumentOutOfRangeException>("code", () => permutation.Invert(value));
            }
        }
    }

    private static void AssertInverts(ShortCodePermutation permutation, ulong value)
    {
        ulong code = permutation.Permute(value);
        Assert.InRange(code, 0UL, permutation.Domain - 1);
        Assert.Equal(value, permutation.Invert(code));
        Assert.Equal(value, permutation.Permute(permutation.Invert(value)));
    }
}
