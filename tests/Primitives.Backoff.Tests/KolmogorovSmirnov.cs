namespace Primitives.Tests;

/// <summary>The Kolmogorov-Smirnov test of a sample against a continuous distribution.</summary>
internal static class KolmogorovSmirnov
{
    /// <summary>Gives the largest distance between the sample's distribution and the stated one, times sqrt(n). Above 1.95 in
    /// one of 1,000 samples that do follow it, above 2.42 in one of 100,000.</summary>
    public static double Statistic(double[] sample, Func<double, double> distribution)
    {
        Array.Sort(sample);
        double worst = 0;
        for (int i = 0; i < sample.Length; i++)
        {
            double expected = distribution(sample[i]);
            worst = Math.Max(worst, Math.Max(expected - ((double)i / sample.Length), ((double)(i + 1) / sample.Length) - expected));
        }

        return worst * Math.Sqrt(sample.Length);
    }

    /// <summary>The same against a uniform distribution.</summary>
    public static double Uniform(double[] sample, double from, double to) =>
        Statistic(sample, value => Math.Clamp((value - from) / (to - from), 0, 1));
}
