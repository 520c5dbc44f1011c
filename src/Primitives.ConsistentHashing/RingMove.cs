namespace Primitives;

/// <summary>A range of hashes that belongs to one node before a change of the ring and to another after it.</summary>
/// <typeparam name="TNode">What the rings' lookups return.</typeparam>
/// <param name="From">The node that has the range now, as the present ring knows it.</param>
/// <param name="To">The node that gets it, as the next ring knows it. Its name differs from that of
/// <paramref name="From"/>.</param>
/// <param name="Start">The first hash of the range.</param>
/// <param name="End">The last hash of the range, itself included; not below <paramref name="Start"/>.</param>
public readonly record struct RingMove<TNode>(RingNode<TNode> From, RingNode<TNode> To, ulong Start, ulong End)
    where TNode : notnull
{
    /// <summary>Gets the fraction of all hashes that the range holds.</summary>
    public double Fraction => ((double)(End - Start) + 1) / RingDiff<TNode>.AllHashes;

    /// <summary>Tells whether a hash is in the range.</summary>
    /// <param name="hash">What <c>HashOf</c> of either ring gives for a key.</param>
    /// <returns><see langword="true"/> if it is one of those that move.</returns>
    public bool Contains(ulong hash) => hash - Start <= End - Start;
}
