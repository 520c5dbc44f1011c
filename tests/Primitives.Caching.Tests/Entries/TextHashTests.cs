using Primitives.Testing;

namespace Primitives.Tests;

public class TextHashTests
{
    [Fact]
    public void Each_character_counts_and_so_does_the_length()
    {
        var random = new Random(7);
        for (int length = 0; length <= 80; length++)
        {
            char[] text = [.. Enumerable.Range(0, length).Select(_ => (char)random.Next(char.MaxValue + 1))];
            uint hash = TextHash.Compute(text, 7);
            Assert.Equal(hash, TextHash.Compute(new string(text), 7));
            Assert.NotEqual(hash, TextHash.Compute(text, 9));
            Assert.NotEqual(hash, TextHash.Compute([.. text, '\0'], 7));
            for (int i = 0; i < length; i++)
            {
                for (int bit = 0; bit < 16; bit++)
                {
                    text[i] ^= (char)(1 << bit);
                    Assert.NotEqual(hash, TextHash.Compute(text, 7));
                    text[i] ^= (char)(1 << bit);
                }
            }
        }
    }

    [Fact]
    public void Runs_of_one_character_differ_by_their_length()
    {
        uint[] hashes = [.. Enumerable.Range(0, 2_000).Select(length => TextHash.Compute(new string('\0', length), 7))];
        Assert.Equal(2_000, hashes.Distinct().Count());
    }

    // With m buckets and n keys the sum has a mean of m - 1 and a standard deviation of about sqrt(2m): within 5 of them.
    [Theory]
    [InlineData("user:{0}")]
    [InlineData("{0}")]
    [InlineData("https://example.org/articles/{0:D8}/comments")]
    [InlineData("tenant-{0:D4}-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Numbered_texts_fill_the_buckets_evenly_at_both_ends_of_the_hash(string format)
    {
        const int Buckets = 1_024;
        const int Count = 100_000;
        foreach (int shift in (int[])[22, 0])
        {
            int[] counts = new int[Buckets];
            for (int i = 0; i < Count; i++)
            {
                counts[(TextHash.Compute(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, i), 12_345) >> shift) & (Buckets - 1)]++;
            }

            double expected = (double)Count / Buckets;
            double sum = counts.Sum(count => (count - expected) * (count - expected) / expected);
            Assert.InRange(sum, Buckets - 1 - (5 * Math.Sqrt(2 * Buckets)), Buckets - 1 + (5 * Math.Sqrt(2 * Buckets)));
        }
    }

    [Fact]
    public void Keys_that_collide_under_one_seed_do_not_under_another()
    {
        var first = new Dictionary<uint, string>();
        List<(string, string)> collisions = [];
        for (int i = 0; collisions.Count < 20; i++)
        {
            string text = $"k{i}";
            uint hash = TextHash.Compute(text, 1) >> 8; // 24 bits, so that it takes no time
            if (!first.TryAdd(hash, text))
            {
                collisions.Add((first[hash], text));
            }
        }

        Assert.DoesNotContain(collisions, pair => TextHash.Compute(pair.Item1, 2) >> 8 == TextHash.Compute(pair.Item2, 2) >> 8);
    }

    [Fact]
    public void A_multiplication_folds_both_halves()
    {
        PropertyTest.Check<ulong>(a =>
        {
            UInt128 product = (UInt128)a * 0xE7037ED1A0B428DB;
            Assert.Equal((ulong)(product >> 64) ^ (ulong)product, TextHash.Fold(a, 0xE7037ED1A0B428DB));
        });
    }
}
