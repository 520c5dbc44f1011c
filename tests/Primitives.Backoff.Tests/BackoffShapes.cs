using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

/// <summary>Backoffs of every shape, for properties, with the naive formula of their delay before jitter.</summary>
internal static class BackoffShapes
{
    public static readonly int[] EdgeAttempts = [0, 1, 2, 31, 32, 62, 63, 64, 65, 1023, 1024, 10_000, int.MaxValue];

    public static readonly Gen<BackoffCase> Any =
        from shape in Gen.Choose(0, 4)
        from jitter in Gen.Elements(Enum.GetValues<BackoffJitter>())
        from baseTicks in Gen.Elements(1L, 2, 3, 10_000, 1_234_567, TimeSpan.TicksPerSecond, TimeSpan.TicksPerDay)
        from factor in Gen.Elements(1, 1.001, 1.5, 2, 3, 10, 1_000)
        from capFactor in Gen.Elements(1L, 2, 10, 300, long.MaxValue)
        from seed in Gen.Choose(0, int.MaxValue)
        select BackoffCase.Of(shape, jitter, baseTicks, factor, Multiply(baseTicks, capFactor), (ulong)seed);

    public static List<TimeSpan> ToList(this Backoff backoff, int most = int.MaxValue)
    {
        List<TimeSpan> delays = [];
        foreach (TimeSpan delay in backoff)
        {
            if (delays.Count == most)
            {
                break;
            }

            delays.Add(delay);
        }

        return delays;
    }

    private static long Multiply(long ticks, long factor) => (long)Int128.Min((Int128)ticks * factor, long.MaxValue);
}
