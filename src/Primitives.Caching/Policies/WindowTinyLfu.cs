namespace Primitives;

/// <summary>What the cache and its shadows must agree on.</summary>
internal static class WindowTinyLfu
{
    /// <summary>The part of the main space kept for entries that were used again while in it.</summary>
    public const double ProtectedShare = 0.8;

    /// <summary>How many candidates in a row one victim may ward off before it has to line up again. Without a limit a
    /// single key whose count is inflated by collisions could shut the main space for good.</summary>
    public const int WinsInARow = 16;

    // The candidate's latest use is in its count already, the victim's next one is not: in a loop over more keys than fit,
    // where all are used equally, each candidate is one ahead of each victim. So one ahead is not enough.
    private const int Advantage = 1;

    /// <summary>Whether a candidate that left the window is worth more than the victim of the main space.</summary>
    public static bool Admits(FrequencySketch sketch, uint candidate, uint victim) =>
        sketch.Estimate(candidate) > sketch.Estimate(victim) + Advantage;
}
