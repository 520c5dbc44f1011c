namespace Primitives;

/// <summary>Tokens in a word, in millionths. The words only hold what was saved; the limits are given with each call, as
/// they may be changed meanwhile.</summary>
internal static class MicroTokens
{
    public const long One = 1_000_000;

    /// <summary>Converts, rounding down, so that no more is granted than was promised.</summary>
    public static long From(double tokens) => (long)(tokens * One);

    /// <summary>Adds, up to a limit. A full word is only read, so that its cache line stays shared.</summary>
    public static void Add(ref long word, long amount, long limit)
    {
        long observed = Volatile.Read(ref word);
        while (observed < limit)
        {
            // Publishes the deposit. A stale read makes the swap fail and tells the current balance.
            long previous = Interlocked.CompareExchange(ref word, Math.Min(observed + amount, limit), observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }
    }

    /// <summary>Takes one token if there is one.</summary>
    public static bool TryTakeOne(ref long word)
    {
        long observed = Volatile.Read(ref word);
        while (observed >= One)
        {
            long previous = Interlocked.CompareExchange(ref word, observed - One, observed);
            if (previous == observed)
            {
                return true;
            }

            observed = previous;
        }

        return false;
    }
}
