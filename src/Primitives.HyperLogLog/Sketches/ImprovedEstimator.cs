namespace Primitives;

/// <summary>
/// The improved raw estimator for HyperLogLog registers: unbiased at every cardinality, with no table and no switch
/// between methods.
/// </summary>
/// <remarks>Source: O. Ertl, New cardinality estimation algorithms for HyperLogLog sketches, arXiv:1702.01284, 2017,
/// section 2.</remarks>
internal static class ImprovedEstimator
{
    private const double AlphaInfinity = 0.721347520444481703680; // 1 / (2 ln 2)

    /// <summary>Estimates the number of distinct hashes.</summary>
    /// <param name="histogram">How many registers have each rank, from 0 to the highest there is.</param>
    public static double Estimate(ReadOnlySpan<int> histogram)
    {
        double registers = 0;
        foreach (int count in histogram)
        {
            registers += count;
        }

        // The harmonic mean of 2^rank, where the empty registers and those at the highest rank count as the series of
        // ranks below and above that they stand for.
        double sum = registers * Tau((registers - histogram[^1]) / registers);
        for (int rank = histogram.Length - 2; rank >= 1; rank--)
        {
            sum = 0.5 * (sum + histogram[rank]);
        }

        sum += registers * Sigma(histogram[0] / registers);
        return AlphaInfinity * registers * registers / sum;
    }

    // x + sum(x^(2^k) * 2^(k - 1), k = 1 ...), until the terms no longer count.
    private static double Sigma(double x)
    {
        if (x == 1)
        {
            return double.PositiveInfinity;
        }

        double weight = 1;
        double sum = x;
        double previous;
        do
        {
            x *= x;
            previous = sum;
            sum += x * weight;
            weight += weight;
        }
        while (sum != previous);

        return sum;
    }

    // (1 - x - sum((1 - x^(2^-k))^2 * 2^-k, k = 1 ...)) / 3.
    private static double Tau(double x)
    {
        if (x is 0 or 1)
        {
            return 0;
        }

        double weight = 1;
        double sum = 1 - x;
        double previous;
        do
        {
            x = Math.Sqrt(x);
            previous = sum;
            weight *= 0.5;
            sum -= (1 - x) * (1 - x) * weight;
        }
        while (sum != previous);

        return sum / 3;
    }
}
