using System.Numerics;

namespace Primitives.Tests;

/// <summary>The weighted sum of two windows, multiplied by the period.</summary>
internal sealed class WeightedModel(BigInteger start, BigInteger period, int limit) : CountingModel(start, period, limit)
{
    public override bool Fits(BigInteger now, int permits) => Weighted(now) + (permits * Period) <= Limit * Period;

    public override BigInteger Remaining(BigInteger now) => BigInteger.Max(0, (Limit * Period) - Weighted(now)) / Period;

    private BigInteger Weighted(BigInteger now)
    {
        BigInteger elapsed = (now - Start) % Period;
        return (Count(Window(now) - 1) * (Period - elapsed)) + (Count(Window(now)) * Period);
    }
}
