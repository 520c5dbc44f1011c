using System.Numerics;

namespace Primitives.Tests;

public class MultipliersTests
{
    /// <summary>The definition, in whole numbers: the partial quotients of m / 2^64.</summary>
    [Fact]
    public void Chooses_odd_multipliers_whose_continued_fraction_has_no_large_quotient()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            ulong multiplier = Multipliers.Choose(SplitMix.Scramble(seed));
            Assert.Equal(1UL, multiplier & 1);
            Assert.All(Quotients(multiplier, 14), quotient => Assert.InRange(quotient, 1, 4));
        }
    }

    [Fact]
    public void Another_seed_gives_another_multiplier_and_the_same_seed_the_same()
    {
        ulong[] chosen = [.. Enumerable.Range(0, 1_000).Select(seed => Multipliers.Choose(SplitMix.Scramble((ulong)seed)))];
        Assert.InRange(chosen.Distinct().Count(), 990, 1_000);
        Assert.Equal(chosen[7], Multipliers.Choose(SplitMix.Scramble(7)));
        ulong[] extremes = [.. ((ulong[])[0, 1, ulong.MaxValue, 1UL << 63]).Select(Multipliers.Choose)];
        Assert.All(extremes, multiplier => Assert.All(Quotients(multiplier, 14), quotient => Assert.InRange(quotient, 1, 4)));
    }

    /// <summary>By the three-distance theorem: with quotients of at most 4, no gap is more than some 6 times the mean.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(1_000)]
    [InlineData(50_000)]
    public void Numbers_that_follow_each_other_lie_spread_out(int count)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var keys = new KeyEquality<int>(null, SplitMix.Scramble(seed));
            uint[] hashes = [.. Enumerable.Range(0, count).Select(keys.Hash).Order()];
            double mean = Math.Pow(2, 32) / count;
            double widest = Enumerable.Range(1, count - 1).Max(i => (double)hashes[i] - hashes[i - 1]);
            Assert.InRange(widest / mean, 1, 6);
        }
    }

    private static IEnumerable<int> Quotients(ulong multiplier, int count)
    {
        BigInteger larger = BigInteger.One << 64;
        BigInteger smaller = multiplier;
        for (int i = 0; i < count && !smaller.IsZero; i++)
        {
            yield return (int)BigInteger.Min(BigInteger.DivRem(larger, smaller, out BigInteger rest), int.MaxValue);
            (larger, smaller) = (smaller, rest);
        }
    }
}
