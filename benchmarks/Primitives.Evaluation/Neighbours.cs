using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Primitives.Evaluation;

/// <summary>
/// Tells how far this processor is ours alone: on a shared host somebody else's work on the other thread of a core
/// takes up to half from code bound by throughput, and little from code that waits for memory or for mispredicted
/// branches, so that a ratio of the two says more about the neighbour than about the code.
/// </summary>
/// <remarks>Looks at nothing that is measured: it times a fixed loop of its own, which fills every unit of a core, and
/// compares with the best that loop did in this process.</remarks>
internal static class Neighbours
{
    private const int Steps = 100_000;

    private static double _best = BestOf(TimeSpan.FromSeconds(2));

    /// <summary>Gives the time of the loop now over the best: 1 if nobody disturbs. Takes a tenth of a
    /// millisecond.</summary>
    public static double Disturbance()
    {
        double time = TimeToFill();
        _best = Math.Min(_best, time);
        return time / _best;
    }

    private static double BestOf(TimeSpan period)
    {
        double best = double.MaxValue;
        for (long begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < period; Thread.Sleep(1))
        {
            best = Math.Min(best, TimeToFill());
        }

        return best;
    }

    private static double TimeToFill()
    {
        long begun = Stopwatch.GetTimestamp();
        Blackhole.Consume((long)Fill(Steps, (ulong)begun));
        return Stopwatch.GetElapsedTime(begun).TotalNanoseconds;
    }

    // Independent chains of cheap instructions: as many at once as the processor can.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Fill(int steps, ulong seed)
    {
        ulong a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5;
        for (int i = 0; i < steps; i++)
        {
            a = (a * 3) + 1;
            b ^= b << 1;
            c += c >> 3;
            d *= 5;
            e ^= e >> 2;
            f += f << 1;
            a ^= b;
        }

        return a ^ b ^ c ^ d ^ e ^ f;
    }
}
