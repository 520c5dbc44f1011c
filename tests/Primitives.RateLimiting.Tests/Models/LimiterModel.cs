using System.Numerics;

namespace Primitives.Tests;

/// <summary>A limiter as its definition reads, in big integers. When a request will fit is searched for, not computed.</summary>
internal abstract class LimiterModel(BigInteger start)
{
    protected BigInteger Start { get; } = start;

    public abstract bool Fits(BigInteger now, int permits);

    public abstract void Charge(BigInteger now, int permits);

    public abstract BigInteger Remaining(BigInteger now);

    /// <summary>What a refusal may tell as remaining: of several quotas, what one of those that refuse has left.</summary>
    public virtual IEnumerable<BigInteger> RemainingOnRefusal(BigInteger now, int permits) => [Remaining(now)];

    /// <summary>The first time at which the request fits, if nothing else happens.</summary>
    public BigInteger FitsAt(BigInteger now, int permits)
    {
        BigInteger step = 1;
        while (!Fits(now + step, permits))
        {
            step *= 2;
        }

        BigInteger low = now + (step / 2); // does not fit, or is now
        BigInteger high = now + step;
        while (high - low > 1)
        {
            BigInteger middle = (low + high) / 2;
            (low, high) = Fits(middle, permits) ? (low, middle) : (middle, high);
        }

        return Fits(low, permits) ? low : high;
    }
}
