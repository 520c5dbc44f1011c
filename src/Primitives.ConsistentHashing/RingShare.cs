namespace Primitives;

/// <summary>What one node owns of a ring.</summary>
/// <typeparam name="TNode">What the ring's lookups return.</typeparam>
/// <param name="Node">The node.</param>
/// <param name="Points">The number of its points.</param>
/// <param name="Share">The fraction of all hashes it owns, exact but for the rounding of a <see cref="double"/>.</param>
/// <param name="Target">The fraction it should own: its weight over the sum of the weights.</param>
public readonly record struct RingShare<TNode>(RingNode<TNode> Node, int Points, double Share, double Target)
    where TNode : notnull
{
    /// <summary>Gets the share over the target: 1 is ideal, 1.2 holds a fifth more than it should.</summary>
    public double Load => Share / Target;
}
