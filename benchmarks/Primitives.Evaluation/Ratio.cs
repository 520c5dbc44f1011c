using System.Diagnostics;

namespace Primitives.Evaluation;

/// <summary>
/// Compares two pieces of work in one process: short windows of each in alternation, so that whatever else the
/// machine does hits both alike, and the median of many rounds: of those during which the processor was shared least
/// (<see cref="Neighbours"/>), which is told without looking at the times measured.
/// </summary>
internal static class Ratio
{
    private const int Rounds = 25;
    private const double Quiet = 1.1;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(6);

    // For quiet rounds: so long in any case, and longer, but not for ever, out of what a whole run may wait.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(12);
    private static TimeSpan _extra = TimeSpan.FromMinutes(2);

    /// <summary>Times both, each given as a body that performs the stated number of operations and returns a value
    /// that depends on all of them, so that nothing can be optimised away.</summary>
    /// <returns>Median of candidate time / rival time, per operation, with both absolute times in ns.</returns>
    public static RatioResult Of(Func<int, long> candidate, Func<int, long> rival)
    {
        int candidateBatch = WarmUp(candidate);
        int rivalBatch = WarmUp(rival);
        var rounds = new List<Round>();
        int quiet = 0;
        long begun = Stopwatch.GetTimestamp();
        TimeSpan patience = Patience + _extra < MostPatience ? Patience + _extra : MostPatience;
        while (rounds.Count < Rounds || (quiet < Rounds && Stopwatch.GetElapsedTime(begun) < patience))
        {
            double disturbance = Neighbours.Disturbance();
            while (disturbance >= Quiet && rounds.Count >= Rounds && Stopwatch.GetElapsedTime(begun) < patience)
            {
                disturbance = Neighbours.Disturbance(); // a quiet moment may be short: a round begins as soon as there is one
            }

            // Which goes first alternates too: a frequency or scheduling ramp must not favour one side.
            bool first = (rounds.Count & 1) == 0;
            double one = first ? Time(candidate, candidateBatch) : Time(rival, rivalBatch);
            disturbance = Math.Max(disturbance, Neighbours.Disturbance());
            double other = first ? Time(rival, rivalBatch) : Time(candidate, candidateBatch);
            disturbance = Math.Max(disturbance, Neighbours.Disturbance());
            rounds.Add(first ? new Round(one, other, disturbance) : new Round(other, one, disturbance));
            quiet += disturbance < Quiet ? 1 : 0;
        }

        TimeSpan beyond = Stopwatch.GetElapsedTime(begun) - Patience;
        _extra -= beyond > TimeSpan.Zero ? beyond : TimeSpan.Zero;
        Round[] least = [.. rounds.OrderBy(round => round.Disturbance).Take(Rounds)];
        return new RatioResult(
            Median(least.Select(round => round.CandidateNs / round.RivalNs)),
            Median(least.Select(round => round.CandidateNs)),
            Median(least.Select(round => round.RivalNs)),
            Median(least.Select(round => round.Disturbance)) >= Quiet);
    }

    private static int WarmUp(Func<int, long> body)
    {
        // Long enough for tiered compilation to replace the first versions, which happens in the background, and takes two
        // steps for code that came compiled.
        long begun = Stopwatch.GetTimestamp();
        int batch = 1;
        while (true)
        {
            double ns = Time(body, batch) * batch;
            bool enough = ns >= Window.TotalNanoseconds;
            if (enough && Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMilliseconds(700))
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

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private readonly record struct Round(double CandidateNs, double RivalNs, double Disturbance);
}
