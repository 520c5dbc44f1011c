using System.Diagnostics;

namespace Primitives;

/// <summary>
/// The exact false-positive rate of a filter that holds <c>n</c> keys, expected over the hashes of the keys.
/// </summary>
internal static class RateFormula
{
    // Below this the sum's first term underflows. A block has at least 500 keys then, and the rate is 1 to six digits.
    private const double LeastLogarithm = -700;

    /// <summary>Split blocks: the number of keys in the block that is asked for is binomial, and each of the eight
    /// lanes answers yes if any of them took the same of its 32 bits.</summary>
    /// <remarks><c>sum over i of P(i keys in a block) * (1 - (1 - 1/32)^i)^8</c>, plus the chance that a key in the
    /// block has the same 32 bits of hash. For many blocks the binomial is the Poisson distribution; for few it is
    /// narrower, and the rate lower.</remarks>
    /// <param name="keys">The distinct keys added. At least 0.</param>
    /// <param name="blocks">The blocks. At least 1.</param>
    public static double SplitBlocks(double keys, double blocks)
    {
        const double Other = 1 - (1.0 / SplitBlock.LaneBits);
        double load = keys / blocks;
        double logOfNone = blocks > 1 ? keys * PreciseMath.LogOnePlus(-1 / blocks) : double.NegativeInfinity;
        double sameHash = load / (1UL << SplitBlock.LaneBits);
        if (logOfNone < LeastLogarithm)
        {
            return Math.Min(1, PowerOf8(1 - Math.Pow(Other, load)) + sameHash);
        }

        double probability = Math.Exp(logOfNone); // of no key in the block
        double unset = 1; // (1 - 1/32)^i
        double rate = 0;
        for (int i = 0; i <= keys; i++)
        {
            double term = probability * PowerOf8(1 - unset);
            rate += term;
            if (i > load && term <= rate * 1e-16)
            {
                break;
            }

            probability *= (keys - i) / ((i + 1) * (blocks - 1));
            unset *= Other;
        }

        return Math.Min(1, rate + sameHash);
    }

    /// <summary>Classic: all of <c>hashCount</c> independent bits are among those that the keys' bits hit.</summary>
    /// <remarks>
    /// <c>E[(X / m)^k]</c>, where X is the number of distinct bits hit by <c>k n</c> throws at <c>m</c>. The popular
    /// <c>(1 - e^(-kn/m))^k</c> puts the mean of X there, and is too low for small filters. Here X / m is a beta
    /// distribution with the true mean and variance, whose moments are a product. Plus the chance that some key has
    /// the same 64 bits of hash.
    /// </remarks>
    /// <param name="keys">The distinct keys added. At least 0.</param>
    /// <param name="bits">The bits, m. At least 64.</param>
    /// <param name="hashCount">The bits of a key, k. At least 1.</param>
    public static double Classic(double keys, double bits, int hashCount)
    {
        Debug.Assert(bits > 2 && hashCount > 0, "The variance divides by bits - 1.");
        double throws = keys * hashCount;
        double clear = Math.Exp(throws * PreciseMath.LogOnePlus(-1 / bits));
        double set = 1 - clear;

        // Var(X) / m^2 = q^2 ((1 - 1/m) (r - 1) - 1/m) + q/m, with q = P(a bit is clear) and r = P(two are) / q^2,
        // written with r - 1 because the naive form cancels all its digits in large filters.
        double correlation = PreciseMath.ExpMinusOne(throws * PreciseMath.LogOnePlus(-1 / ((bits - 1) * (bits - 1))));
        double variance = (clear * clear * (((1 - (1 / bits)) * correlation) - (1 / bits))) + (clear / bits);

        double sum = (set * clear / variance) - 1; // alpha + beta
        double rate = 1;
        for (int j = 0; j < hashCount; j++)
        {
            rate *= variance > 0 && sum > 0 ? ((set * sum) + j) / (sum + j) : set;
        }

        return Math.Min(1, rate + (keys / Math.Pow(2, 64)));
    }

    private static double PowerOf8(double value)
    {
        double square = value * value;
        double fourth = square * square;
        return fourth * fourth;
    }
}
