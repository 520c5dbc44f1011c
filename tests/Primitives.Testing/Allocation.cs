namespace Primitives.Testing;

/// <summary>Asserts what code allocates on the calling thread.</summary>
public static class Allocation
{
    private const int Iterations = 1_000;
    private const int Attempts = 5;

    /// <summary>Fails if a warmed-up <paramref name="action"/> allocates anything on this thread.</summary>
    /// <param name="action">The code; create it and what it captures beforehand.</param>
    /// <exception cref="InvalidOperationException">It allocates; the message says how much a call.</exception>
    public static void AssertNone(Action action)
    {
        double bytes = BytesPerCall(action);
        if (bytes > 0)
        {
            throw new InvalidOperationException($"Expected no allocation, measured {bytes:0.###} bytes a call.");
        }
    }

    /// <summary>Measures the bytes one call allocates on this thread: the smallest of several averages, because the
    /// runtime may allocate once while it compiles a better version of the code.</summary>
    public static double BytesPerCall(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        for (int i = 0; i < Iterations / 10; i++)
        {
            action();
        }

        long least = long.MaxValue;
        for (int attempt = 0; attempt < Attempts && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Iterations; i++)
            {
                action();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return (double)least / Iterations;
    }
}
