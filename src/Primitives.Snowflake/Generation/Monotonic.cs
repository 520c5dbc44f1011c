namespace Primitives;

/// <summary>Words that only grow.</summary>
internal static class Monotonic
{
    /// <summary>Makes the word at least <paramref name="value"/>. Lock-free; a single read if it is already.</summary>
    public static void Raise(ref long word, long value)
    {
        long observed = Volatile.Read(ref word);
        while (observed < value)
        {
            long previous = Interlocked.CompareExchange(ref word, value, observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }
    }
}
