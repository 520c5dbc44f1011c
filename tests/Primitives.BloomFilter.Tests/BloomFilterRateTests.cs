namespace Primitives.Tests;

/// <summary>
/// Measured rates of small filters; those of up to 10 million keys, and 0.01 %, are measured by the Evaluation, which
/// runs optimised. Each case averages many filters with keys of their own, because a small filter's rate depends on its
/// keys. The bound is 3 % of the exact rate; the standard error of the average is measured too and must be below a
/// quarter of that, so that chance exceeds it less than once in 10,000, and with fixed keys does or does not for ever.
/// </summary>
public class BloomFilterRateTests
{
    [Theory]
    [InlineData(1, 0.1, BloomFilterLayout.SplitBlock, 300_000)]
    [InlineData(7, 0.1, BloomFilterLayout.SplitBlock, 500_000)]
    [InlineData(100, 0.1, BloomFilterLayout.SplitBlock, 800_000)]
    [InlineData(100, 0.03, BloomFilterLayout.SplitBlock, 2_500_000)]
    [InlineData(100, 0.01, BloomFilterLayout.SplitBlock, 5_500_000)]
    [InlineData(3_000, 0.01, BloomFilterLayout.SplitBlock, 4_000_000)]
    [InlineData(7, 0.1, BloomFilterLayout.Classic, 1_500_000)]
    [InlineData(100, 0.1, BloomFilterLayout.Classic, 500_000)]
    [InlineData(100, 0.01, BloomFilterLayout.Classic, 4_000_000)]
    [InlineData(3_000, 0.01, BloomFilterLayout.Classic, 4_000_000)]
    public void The_rate_at_capacity_is_the_exact_one_and_at_most_the_promised(int capacity, double rate, BloomFilterLayout layout, int probes)
    {
        BloomFilter filter = BloomFilter.Create(capacity, rate, layout, singleWriter: true);
        double expected = filter.ExpectedFalsePositiveRateAt(capacity);
        Assert.True(expected <= rate);

        int probesEach = Math.Max(100, capacity);
        var rates = new List<double>();
        long key = 0;
        while (probes > 0)
        {
            filter.Clear();
            for (int i = 0; i < capacity; i++)
            {
                filter.Add(key++);
            }

            int hits = 0;
            for (int i = 0; i < probesEach; i++)
            {
                hits += filter.Contains(key++) ? 1 : 0;
            }

            rates.Add((double)hits / probesEach);
            probes -= probesEach;
        }

        double mean = rates.Average();
        double error = Math.Sqrt(rates.Sum(r => (r - mean) * (r - mean)) / rates.Count / rates.Count);
        if (expected > 1e-4)
        {
            Assert.True(error < 0.03 / 3.9 * expected, $"Standard error {error / expected:P2} of the rate: more probes are needed.");
            Assert.InRange(mean / expected, 0.97, 1.03);
        }

        Assert.True(mean <= rate + (3.9 * error), $"{mean} instead of {rate}");
    }
}
