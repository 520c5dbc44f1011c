using System.Numerics;

namespace Primitives.Tests;

/// <summary>Every grant ever, with its time.</summary>
internal sealed class LogModel(BigInteger start, BigInteger period, int limit) : LimiterModel(start)
{
    private readonly List<(BigInteger Time, int Permits)> _log = [];

    public override bool Fits(BigInteger now, int permits) => Taken(now) + permits <= limit;

    public override void Charge(BigInteger now, int permits) => _log.Add((now, permits));

    public override BigInteger Remaining(BigInteger now) => limit - Taken(now);

    private int Taken(BigInteger now) => _log.Where(entry => entry.Time > now - period).Sum(entry => entry.Permits);
}
