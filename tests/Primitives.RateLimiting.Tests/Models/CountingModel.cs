using System.Numerics;

namespace Primitives.Tests;

/// <summary>Windows counted from the start: every grant is kept with its window's number.</summary>
internal class CountingModel(BigInteger start, BigInteger period, int limit) : LimiterModel(start)
{
    private readonly Dictionary<BigInteger, BigInteger> _counts = [];

    protected BigInteger Period { get; } = period;

    protected int Limit { get; } = limit;

    public override bool Fits(BigInteger now, int permits) => Count(Window(now)) + permits <= Limit;

    public override void Charge(BigInteger now, int permits) => _counts[Window(now)] = Count(Window(now)) + permits;

    public override BigInteger Remaining(BigInteger now) => Limit - Count(Window(now));

    protected BigInteger Window(BigInteger now) => (now - Start) / Period;

    protected BigInteger Count(BigInteger window) => _counts.GetValueOrDefault(window);
}
