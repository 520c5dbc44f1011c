using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

/// <summary>What the tests of the ring share.</summary>
internal static class RingTestSetup
{
    /// <summary>Gives the names node-0, node-1 and so on, whose values are their names.</summary>
    public static RingNode<string>[] Nodes(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new RingNode<string>($"node-{i}", $"node-{i}"))];

    public static HashRing<string> Ring(int count, int virtualNodes = RingPoints.DefaultVirtualNodes) =>
        HashRing<string>.Create(Nodes(count), virtualNodes);

    /// <summary>Hashes where a mistake would show: on, before and after every point, the ends, and some between.</summary>
    public static IEnumerable<ulong> TellingHashes(HashRing<string> ring)
    {
        foreach ((ulong point, _) in ring.Table)
        {
            yield return unchecked(point - 1);
            yield return point;
            yield return unchecked(point + 1);
        }

        yield return 0;
        yield return ulong.MaxValue;
        for (int i = 0; i < 200; i++)
        {
            yield return StableHash.Compute(i);
        }
    }

    /// <summary>Rings of up to 12 nodes with weights, for properties.</summary>
    public static Gen<(string Name, double Weight)[]> NodeSets { get; } =
        Gen.Choose(0, 30).ArrayOf().Resize(12).SelectMany(
            numbers => Gen.Elements(0.01, 0.5, 1.0, 1.7, 3.0).ArrayOf(numbers.Length),
            (numbers, weights) => numbers.Zip(weights, (number, weight) => ($"n{number}", weight)).DistinctBy(node => node.Item1).ToArray());

    public static RingNode<string>[] ToNodes(IEnumerable<(string Name, double Weight)> nodes) =>
        [.. nodes.Select(node => new RingNode<string>(node.Name, node.Name, node.Weight))];
}
