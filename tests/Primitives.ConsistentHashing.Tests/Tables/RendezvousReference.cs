using System.Text;

namespace Primitives.Tests;

/// <summary>Rendezvous hashing as its definition reads: every node bids, and the bids are sorted.</summary>
internal static class RendezvousReference
{
    /// <summary>Gives the nodes in the order of <c>-w / ln u</c>, highest first. Sound for random hashes: two bids so
    /// close that the rounding of <see cref="Math.Log(double)"/> decides are one in 10^10.</summary>
    public static RingNode<TNode>[] Rank<TNode>(IEnumerable<RingNode<TNode>> nodes, ulong hash)
        where TNode : notnull =>
        [.. nodes.OrderByDescending(node => -node.Weight / Math.Log((Draw(node.Name, hash) + 0.5) / Math.Pow(2, 64)))];

    /// <summary>The same, for equal weights only: the order of the draws themselves.</summary>
    public static RingNode<TNode>[] RankEquals<TNode>(IEnumerable<RingNode<TNode>> nodes, ulong hash)
        where TNode : notnull =>
        [.. nodes.OrderByDescending(node => Draw(node.Name, hash))];

    /// <summary>The first of each zone, those without one sharing one, then the others.</summary>
    public static RingNode<TNode>[] Spread<TNode>(RingNode<TNode>[] ranked)
        where TNode : notnull
    {
        RingNode<TNode>[] first = [.. ranked.DistinctBy(node => node.Zone)];
        return [.. first, .. ranked.Except(first)];
    }

    private static ulong Draw(string name, ulong hash) =>
        StableHash.Remix(hash ^ StableHash.Compute(Encoding.UTF8.GetBytes(name)));
}
