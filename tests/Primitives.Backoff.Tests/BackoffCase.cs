using System.Numerics;

namespace Primitives.Tests;

/// <param name="Backoff">The subject, seeded.</param>
/// <param name="Name">What it is, for a failure's message.</param>
/// <param name="Jittered">Whether it draws from a range.</param>
/// <param name="Ceiling">The delay before jitter, by exact arithmetic; null where there is no such thing.</param>
internal sealed record BackoffCase(Backoff Backoff, string Name, bool Jittered, Func<int, long>? Ceiling)
{
    public static BackoffCase Of(int shape, BackoffJitter jitter, long baseTicks, double factor, long capTicks, ulong seed)
    {
        TimeSpan first = new(baseTicks);
        TimeSpan cap = new(capTicks);
        TimeSpan increment = new(baseTicks * 3 / 2);
        long most = Math.Min(capTicks, Backoff.MaxDelay.Ticks);
        (Backoff backoff, Func<int, long>? ceiling) = shape switch
        {
            0 => (Backoff.Constant(first, jitter), _ => baseTicks),
            1 => (Backoff.Linear(first, increment, cap, jitter),
                n => (long)Int128.Min(most, baseTicks + ((Int128)n * increment.Ticks))),
            2 => (Backoff.Exponential(first, cap, factor, jitter), n => NaivePower(baseTicks, factor, n, most)),
            3 => (Backoff.Decorrelated(first, cap), (Func<int, long>?)null),
            _ => (Backoff.PollyV2(first, cap), null),
        };
        return new BackoffCase(
            backoff.WithSeed(seed),
            $"shape {shape}, {jitter}, base {baseTicks}, factor {factor}, cap {capTicks}, seed {seed}",
            shape > 2 || jitter != BackoffJitter.None,
            ceiling);
    }

    /// <summary>Multiplies factor by factor, in rational numbers, until the cap is passed.</summary>
    private static long NaivePower(long baseTicks, double factor, int attempt, long most)
    {
        if (factor == 1)
        {
            return baseTicks;
        }

        BigInteger numerator = (BigInteger)Math.Round(factor * 1000);
        BigInteger value = baseTicks;
        BigInteger denominator = 1;
        for (int i = 0; i < attempt && value < most * denominator; i++)
        {
            value *= numerator;
            denominator *= 1000;
        }

        return (long)BigInteger.Min(value / denominator, most);
    }
}
