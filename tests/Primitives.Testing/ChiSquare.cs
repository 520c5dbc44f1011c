namespace Primitives.Testing;

/// <summary>Pearson's chi-square test of counts against a uniform distribution.</summary>
public static class ChiSquare
{
    /// <summary>Sums the squared, scaled distances of the counts from their mean.</summary>
    public static double Statistic(ReadOnlySpan<long> counts)
    {
        double total = 0;
        foreach (long count in counts)
        {
            total += count;
        }

        double expected = total / counts.Length;
        double sum = 0;
        foreach (long count in counts)
        {
            sum += (count - expected) * (count - expected) / expected;
        }

        return sum;
    }

    /// <summary>Approximates a quantile of the distribution (Wilson and Hilferty, 1931; within 1 % from 10 degrees on).</summary>
    /// <param name="degreesOfFreedom">The number of counts less one.</param>
    /// <param name="z">The quantile in standard deviations of a normal distribution: 3.09 for one false alarm in
    /// 1,000, 4.26 for one in 100,000; negative for the lower tail.</param>
    public static double Quantile(int degreesOfFreedom, double z)
    {
        double spread = 2.0 / (9.0 * degreesOfFreedom);
        return degreesOfFreedom * Math.Pow(1 - spread + (z * Math.Sqrt(spread)), 3);
    }
}
