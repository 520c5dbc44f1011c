namespace Primitives.Evaluation;

/// <summary>Measures allocation on the calling thread.</summary>
internal static class Allocated
{
    /// <summary>Gives the bytes per operation of a body that performs the stated number of operations; the least of
    /// several runs, because the runtime may allocate once while it compiles.</summary>
    public static double BytesPerOperation(Func<int, long> body, int operations = 10_000)
    {
        Blackhole.Consume(body(operations));
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Blackhole.Consume(body(operations));
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return (double)least / operations;
    }
}
