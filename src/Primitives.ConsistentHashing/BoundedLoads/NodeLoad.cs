namespace Primitives;

/// <summary>How busy one node is.</summary>
/// <typeparam name="TNode">What a lookup returns.</typeparam>
/// <param name="Node">The node.</param>
/// <param name="InFlight">The leases on it that are not disposed yet.</param>
/// <param name="Capacity">How many leases it may have when the next one is granted. A load can be above it, when leases on
/// other nodes ended or the ring changed since it was granted.</param>
public readonly record struct NodeLoad<TNode>(RingNode<TNode> Node, int InFlight, long Capacity)
    where TNode : notnull;
