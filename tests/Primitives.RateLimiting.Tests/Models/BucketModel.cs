using System.Numerics;

namespace Primitives.Tests;

/// <summary>Credit accrues at permits / period up to the burst; a request needs its permits, or of a shaper all there is.</summary>
internal sealed class BucketModel : LimiterModel
{
    // Credit in 1 / (10^7 · permits) of a clock tick, so that a permit is period · frequency of them: no rounding at all.
    private readonly BigInteger _perTick;
    private readonly BigInteger _perPermit;
    private readonly BigInteger _full;
    private readonly bool _isShaper;
    private BigInteger _credit;
    private BigInteger _at;

    public BucketModel(RateQuota quota, long frequency, BigInteger start, bool isShaper = false)
        : base(start)
    {
        _perTick = new BigInteger(TimeSpan.TicksPerSecond) * quota.Permits;
        _perPermit = new BigInteger(quota.Period.Ticks) * frequency;
        _isShaper = isShaper;
        _full = isShaper ? _perPermit : _perPermit * quota.Burst;
        _credit = _full;
        _at = start;
    }

    public override bool Fits(BigInteger now, int permits) =>
        _isShaper ? CreditAt(now) == _full : CreditAt(now) >= _perPermit * permits;

    public override void Charge(BigInteger now, int permits)
    {
        _credit = CreditAt(now) - (_perPermit * permits);
        _at = now;
    }

    public void Refund(BigInteger now, int permits)
    {
        _credit = BigInteger.Min(_full, CreditAt(now) + (_perPermit * permits));
        _at = now;
    }

    public void Reset(BigInteger now) => (_credit, _at) = (_full, now);

    public override BigInteger Remaining(BigInteger now) => BigInteger.Max(0, CreditAt(now)) / _perPermit;

    private BigInteger CreditAt(BigInteger now) => BigInteger.Min(_full, _credit + ((now - _at) * _perTick));
}
