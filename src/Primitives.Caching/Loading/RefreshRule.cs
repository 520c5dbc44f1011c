namespace Primitives;

/// <summary>Decides on a read whether a value that is still good should be loaded anew in the background.</summary>
/// <remarks>
/// <para>By age: from <c>RefreshAfter</c> on. By chance: when <c>now - cost * beta * ln(u) >= expiry</c>, with <c>u</c>
/// uniform in (0, 1] and <c>cost</c> the time the last load took.</para>
/// <para>Source: Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015.</para>
/// </remarks>
internal readonly struct RefreshRule(double? beta, ulong seed)
{
    private readonly double _beta = beta ?? 0;
    private readonly ulong _seed = SplitMix.Scramble(seed + 4);

    public bool IsDue(long now, long refreshAt, long expiresAt, long loadTicks, uint hash)
    {
        if (now >= refreshAt)
        {
            return true;
        }

        if (_beta == 0 || loadTicks == 0 || expiresAt == long.MaxValue)
        {
            return false;
        }

        // The draw depends on the key and the instant alone: no state to share, and a run can be repeated. Readers of the
        // same instant draw the same; of them one refreshes anyway.
        double uniform = 1 - SplitMix.NextDouble(_seed ^ hash, (ulong)now);
        return now - (loadTicks * _beta * Math.Log(uniform)) >= expiresAt;
    }
}
