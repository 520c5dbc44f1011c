using System.Runtime.CompilerServices;

namespace Primitives.Evaluation;

/// <summary>Takes results, so that the work that made them cannot be optimised away.</summary>
internal static class Blackhole
{
    private static long _sum;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Consume(long value) => _sum += value;
}
