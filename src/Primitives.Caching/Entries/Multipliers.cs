namespace Primitives;

/// <summary>Chooses multipliers for multiply-shift hashing at random, among those that spread runs of numbers evenly.</summary>
/// <remarks>Numbers that follow each other are the commonest integer keys. Their multiples by <c>m</c>, modulo
/// <c>2^64</c>, divide the circle into nearly equal parts if the continued fraction of <c>m / 2^64</c> has no large
/// quotient, and else lie in a few heaps. About one multiplier in 70 qualifies, so two keys chosen without knowledge of the
/// seed collide at most 70 times as often as with any odd multiplier. Source: Knuth, The Art of Computer Programming,
/// volume 3, section 6.4 (the three-distance theorem).</remarks>
internal static class Multipliers
{
    private const int Quotients = 14; // which decide about runs of up to some 2^16 numbers
    private const ulong LargestQuotient = 4;

    public static ulong Choose(ulong seed)
    {
        ulong multiplier = seed | 1;
        while (!Spreads(multiplier))
        {
            seed = unchecked(seed + 1);
            multiplier = SplitMix.Scramble(seed) | 1;
        }

        return multiplier;
    }

    private static bool Spreads(ulong multiplier)
    {
        // Euclid's algorithm on 2^64 and the multiplier; the first quotient by hand, as 2^64 is no number of 64 bits.
        ulong quotient = ulong.MaxValue / multiplier;
        ulong larger = multiplier;
        ulong smaller = unchecked(0 - (quotient * multiplier));
        for (int i = 1; quotient <= LargestQuotient; i++)
        {
            if (i == Quotients)
            {
                return true;
            }

            if (smaller == 0)
            {
                return false;
            }

            quotient = larger / smaller;
            (larger, smaller) = (smaller, larger % smaller);
        }

        return false;
    }
}
