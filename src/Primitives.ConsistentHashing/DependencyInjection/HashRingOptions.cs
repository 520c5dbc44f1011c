using System.Collections.ObjectModel;

namespace Primitives;

/// <summary>The first ring of a <see cref="HashRingRouter{TNode}"/> that a container makes.</summary>
/// <typeparam name="TNode">What a lookup returns.</typeparam>
public sealed class HashRingOptions<TNode>
    where TNode : notnull
{
    /// <summary>Gets the nodes.</summary>
    /// <value>Empty unless some are added; a ring may start empty and be updated.</value>
    public Collection<RingNode<TNode>> Nodes { get; } = [];

    /// <summary>Gets or sets the points of a node of weight 1, from 1 to 2^20.</summary>
    /// <value>160 unless set. Not used when <see cref="Points"/> is set.</value>
    public int VirtualNodes { get; set; } = RingPoints.DefaultVirtualNodes;

    /// <summary>Gets or sets the rule by which points and keys are placed.</summary>
    /// <value><see langword="null"/> unless set: the suite's own, with <see cref="VirtualNodes"/>.</value>
    public RingPoints? Points { get; set; }

    internal HashRing<TNode> CreateRing() => HashRing<TNode>.Create(Nodes, Points ?? RingPoints.Standard(VirtualNodes));
}
