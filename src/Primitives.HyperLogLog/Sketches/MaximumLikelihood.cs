namespace Primitives;

/// <summary>Solves the likelihood equation of sketches that record which events of probability 2^-k occurred.</summary>
internal static class MaximumLikelihood
{
    private const double RelativePrecision = 1e-12;
    private const int MaxSteps = 200; // far more than occur; ends the loop should rounding make it oscillate

    /// <summary>Finds the rate x that maximises the likelihood exp(-x * missing) * product((1 - exp(-x 2^-k))^present[k]).
    /// </summary>
    /// <param name="missing">The sum of the probabilities of all events known not to have occurred.</param>
    /// <param name="present">How many events of probability 2^-k are known to have occurred, for each k.</param>
    /// <returns>The rate; 0 if nothing occurred, infinity if nothing is missing.</returns>
    public static double Solve(double missing, ReadOnlySpan<int> present)
    {
        // The derivative of the logarithm is zero where f(x) = sum(present[k] * 2^-k / (exp(x 2^-k) - 1)) = missing.
        // f is decreasing and convex, so Newton's steps from the left of the root stay on its left and only grow x. As
        // y / (exp(y) - 1) >= 1 - y/2, the start below is left of it.
        double events = 0;
        double occurred = 0;
        double probability = 1;
        foreach (int count in present)
        {
            events += count;
            occurred += count * probability;
            probability *= 0.5;
        }

        if (events == 0)
        {
            return 0;
        }

        if (missing == 0)
        {
            return double.PositiveInfinity;
        }

        double x = events / (missing + (0.5 * occurred));
        for (int step = 0; step < MaxSteps; step++)
        {
            double value = -missing;
            double slope = 0;
            probability = 1;
            foreach (int count in present)
            {
                if (count != 0)
                {
                    double odds = 1 / ExpMinusOne(x * probability); // against the event's having occurred
                    value += count * probability * odds;
                    slope += count * probability * probability * odds * (1 + odds);
                }

                probability *= 0.5;
            }

            double increase = value / slope;
            x += increase;
            if (!(increase > x * RelativePrecision))
            {
                break;
            }
        }

        return x;
    }

    // exp(y) - 1 loses all digits for small y; the series gains them back where its next term is below 2^-53.
    private static double ExpMinusOne(double y) =>
        y < 1e-3 ? y * (1 + (y / 2 * (1 + (y / 3 * (1 + (y / 4 * (1 + (y / 5)))))))) : Math.Exp(y) - 1;
}
