using System.Numerics;

namespace Primitives.Tests;

/// <summary>A window begins with the first grant that is in no window yet.</summary>
internal sealed class FirstUseModel(BigInteger start, BigInteger period, int limit) : LimiterModel(start)
{
    private BigInteger? _begin;
    private int _count;

    public override bool Fits(BigInteger now, int permits) => Count(now) + permits <= limit;

    public override void Charge(BigInteger now, int permits)
    {
        _count = Count(now) + permits;
        _begin = _count == permits ? now : _begin;
    }

    public override BigInteger Remaining(BigInteger now) => limit - Count(now);

    private int Count(BigInteger now) => _begin is { } begin && now < begin + period ? _count : 0;
}
