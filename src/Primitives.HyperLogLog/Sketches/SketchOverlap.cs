namespace Primitives;

/// <summary>What two sketches have in common.</summary>
/// <param name="Intersection">The number of keys in both.</param>
/// <param name="Jaccard">That number divided by the number of keys in either; 1 for two empty sketches.</param>
internal readonly record struct SketchOverlap(BoundedEstimate Intersection, BoundedEstimate Jaccard)
{
    public static void CheckSigmas(int sigmas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sigmas, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sigmas, 3);
    }

    /// <summary>Counts equal tokens. Only hashes that collide, within a sketch or across, make the count inexact.</summary>
    public static SketchOverlap OfTokens(uint[] left, uint[] right, int sigmas)
    {
        var union = new HashSet<uint>(left);
        int both = right.Count(union.Contains);
        union.UnionWith(right);
        if (union.Count == 0)
        {
            return new SketchOverlap(default, new BoundedEstimate(1, 1, 1));
        }

        int error = SparseTokens.MaxCollisions(left.Length + right.Length, sigmas);
        int lower = Math.Max(both - error, 0);
        int upper = both + error;
        return new SketchOverlap(
            new BoundedEstimate(both, lower, upper),
            new BoundedEstimate((double)both / union.Count, (double)lower / union.Count, Math.Min((double)upper / union.Count, 1)));
    }

    /// <summary>Inclusion and exclusion: |A and B| = |A| + |B| - |A or B|.</summary>
    /// <param name="left">The estimate of |A|.</param>
    /// <param name="right">The estimate of |B|.</param>
    /// <param name="union">The estimate of |A or B|.</param>
    /// <param name="error">The relative error of each, in as many standard deviations as the result's bounds.</param>
    public static SketchOverlap OfCounts(double left, double right, double union, double error)
    {
        // The three errors are not independent: a sketch and its union with another err in the same direction, which
        // lessens the error of the difference. So with a correlation of at least 0 between them, and of at most 1
        // between A and B, the variance is at most error^2 * ((A + B)^2 + union^2).
        double sum = left + right;
        if (double.IsInfinity(sum))
        {
            // Registers that can rise no further, which takes chosen hashes: anything up to the smaller set is possible.
            double least = Math.Min(left, right);
            return new SketchOverlap(new BoundedEstimate(least, 0, least * (1 + error)), new BoundedEstimate(1, 0, 1));
        }

        double value = sum - union;
        double deviation = error * Math.Sqrt((sum * sum) + (union * union));
        double most = Math.Min(left, right);
        double intersection = Math.Clamp(value, 0, most);
        var both = new BoundedEstimate(
            intersection, Math.Clamp(value - deviation, 0, intersection), Math.Max(value + deviation, intersection));
        if (union == 0)
        {
            return new SketchOverlap(both, new BoundedEstimate(1, 1, 1));
        }

        // (A + B) / union - 1: by the same argument the variance of the quotient is at most 2 * (error * quotient)^2.
        double quotient = sum / union;
        double spread = Math.Sqrt(2) * error * quotient;
        double jaccard = Math.Clamp(quotient - 1, 0, 1);
        return new SketchOverlap(
            both,
            new BoundedEstimate(jaccard, Math.Clamp(quotient - 1 - spread, 0, jaccard), Math.Clamp(quotient - 1 + spread, jaccard, 1)));
    }
}
