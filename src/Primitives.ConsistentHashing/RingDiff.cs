namespace Primitives;

/// <summary>
/// The exact ranges of hashes that change owner between two rings: the plan of a data move. What is in no range stays
/// where it is.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> A hash is in a range if and only if the two rings give it nodes of different names, and the
/// range then names both. Ranges do not overlap, ascend, and are as few as possible: neighbours with the same two nodes
/// are one. A range never wraps: what moves across the largest hash is two ranges, one that ends at
/// <see cref="ulong.MaxValue"/> and one that starts at 0.</para>
/// <para><b>Cost.</b> Made in O(points of both rings). <see cref="TryFind"/> is O(log moves) and allocates
/// nothing.</para>
/// <para><b>Thread safety.</b> Immutable.</para>
/// </remarks>
/// <typeparam name="TNode">What the rings' lookups return.</typeparam>
public sealed class RingDiff<TNode>
    where TNode : notnull
{
    internal const double AllHashes = 18446744073709551616.0; // 2^64

    private readonly RingMove<TNode>[] _moves;

    internal RingDiff(RingMove<TNode>[] moves)
    {
        _moves = moves;
        Moves = Array.AsReadOnly(moves);
        UInt128 moved = 0;
        foreach (RingMove<TNode> move in moves)
        {
            moved += (UInt128)(move.End - move.Start) + 1;
        }

        Fraction = (double)moved / AllHashes;
    }

    /// <summary>Gets the ranges, in ascending order.</summary>
    public IReadOnlyList<RingMove<TNode>> Moves { get; }

    /// <summary>Gets the fraction of all hashes that move, exact but for the rounding of a <see cref="double"/>.</summary>
    public double Fraction { get; }

    /// <summary>Finds the range that a hash is in.</summary>
    /// <param name="hash">What <c>HashOf</c> of either ring gives for a key.</param>
    /// <param name="move">The range, with the node the key leaves and the one it goes to.</param>
    /// <returns><see langword="false"/> if the key stays where it is.</returns>
    public bool TryFind(ulong hash, out RingMove<TNode> move)
    {
        int low = 0;
        int high = _moves.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _moves[middle].End < hash ? (middle + 1, high) : (low, middle);
        }

        bool found = low < _moves.Length && _moves[low].Start <= hash;
        move = found ? _moves[low] : default;
        return found;
    }
}
