using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

/// <summary>One step of a random schedule.</summary>
/// <param name="Wait">Clock time, in permille of a period, before it.</param>
/// <param name="Permits">What it asks for; reduced to the limit.</param>
/// <param name="Extra">Clock ticks on top of the wait, to leave round numbers.</param>
public sealed record Operation(int Wait, int Permits, int Extra)
{
    /// <summary>Mostly bursts and waits that are short against the period, now and then long idleness.</summary>
    public static readonly Gen<Operation> Any =
        Gen.Frequency(
            (6, Gen.Constant(0)),
            (6, Gen.Choose(0, 200)),
            (3, Gen.Choose(200, 2_500)),
            (1, Gen.Choose(10_000, 1_000_000)))
        .SelectMany(wait => Gen.Choose(1, 12).SelectMany(permits => Gen.Choose(0, 3).Select(extra => new Operation(wait, permits, extra))));
}
