namespace Primitives;

/// <summary>The suite's own points; see <see cref="RingPoints.Standard"/>.</summary>
internal sealed class StandardPoints(int virtualNodes) : RingPoints
{
    private const ulong SplitMixIncrement = 0x9E3779B97F4A7C15;

    internal override RingKeyHash KeyHash => RingKeyHash.Xxh3;

    internal override bool CountsAreIndependent => true;

    internal override void Count(ReadOnlySpan<(string Name, double Weight)> nodes, Span<double> counts)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            counts[i] = Math.Max(1, Math.Round(nodes[i].Weight * virtualNodes, MidpointRounding.AwayFromZero));
        }
    }

    internal override void Place(string name, Span<ulong> points)
    {
        // The name is hashed once: XXH3 of a short name with the numbers 0, 1, 2 ... as its seeds would repeat points
        // between names that differ in one letter. SplitMix64 is a bijection of its counter, so a node's points differ.
        ulong state = StableHash.Compute(name);
        foreach (ref ulong point in points)
        {
            point = StableHash.Remix(state); // adds the increment, then mixes
            state = unchecked(state + SplitMixIncrement);
        }
    }

    internal override ulong Hash(ReadOnlySpan<byte> key) => StableHash.Compute(key);
}
