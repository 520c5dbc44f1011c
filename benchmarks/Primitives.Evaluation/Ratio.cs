using System.Diagnostics;

namespace Primitives.Evaluation;

/// <summary>
/// Compares two pieces of work in one process: short windows of each in alternation, so that whatever else the
/// machine does hits both alike, and the median of many rounds.
/// </summary>
internal static class Ratio
{
    private const int Rounds = 15;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(15);

    /// <summary>Times both, each given as a body that performs the stated number of operations and returns a value
    /// that depends on all of them, so that nothing can be optimised away.</summary>
    /// <returns>Median of candidate time / rival time, per operation, with both absolute times in ns.</returns>
    public static RatioResult Of(Func<int, long> candidate, Func<int, long> rival)
    {
        int candidateBatch = WarmUp(candidate);
        int rivalBatch = WarmUp(rival);
        Span<double> ratios = stackalloc double[Rounds];
        Span<double> candidates = stackalloc double[Rounds];
        Span<double> rivals = stackalloc double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            // Which goes first alternates too: a frequency or scheduling ramp must not favour one side.
            if ((round & 1) == 0)
            {
                candidates[round] = Time(candidate, candidateBatch);
                rivals[round] = Time(rival, rivalBatch);
            }
            else
            {
                rivals[round] = Time(rival, rivalBatch);
                candidates[round] = Time(candidate, candidateBatch);
            }

            ratios[round] = candidates[round] / rivals[round];
        }

        return new RatioResult(Median(ratios), Median(candidates), Median(rivals));
    }

    private static int WarmUp(Func<int, long> body)
    {
        // Long enough for tiered compilation to replace the first versions, which happens in the background.
        long begun = Stopwatch.GetTimestamp();
        int batch = 1;
        while (true)
        {
            double ns = Time(body, batch) * batch;
            bool enough = ns >= Window.TotalNanoseconds;
            if (enough && Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMilliseconds(300))
            {
                return batch;
            }

            if (!enough)
            {
                batch = checked(batch * 2);
            }
        }
    }

    private static double Time(Func<int, long> body, int operations)
    {
        long begun = Stopwatch.GetTimestamp();
        Blackhole.Consume(body(operations));
        return Stopwatch.GetElapsedTime(begun).TotalNanoseconds / operations;
    }

    private static double Median(Span<double> values)
    {
        values.Sort();
        return values[values.Length / 2];
    }
}
