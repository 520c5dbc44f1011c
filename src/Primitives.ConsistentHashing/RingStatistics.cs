namespace Primitives;

/// <summary>How evenly a ring spreads the hashes over its nodes, computed from its arcs, not sampled.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> The shares are those of the hash space, and so the expected shares of keys; a sample of
/// <c>k</c> keys adds a deviation of about <c>sqrt(share / k)</c> of its own.</para>
/// <para><b>Thread safety.</b> Immutable.</para>
/// </remarks>
/// <typeparam name="TNode">What the ring's lookups return.</typeparam>
public sealed class RingStatistics<TNode>
    where TNode : notnull
{
    internal RingStatistics(RingShare<TNode>[] shares)
    {
        Shares = Array.AsReadOnly(shares);
        double squares = 0;
        foreach (RingShare<TNode> share in shares)
        {
            PeakToMean = Math.Max(PeakToMean, share.Load);
            squares += (share.Load - 1) * (share.Load - 1);
        }

        CoefficientOfVariation = shares.Length == 0 ? 0 : Math.Sqrt(squares / shares.Length);
    }

    /// <summary>Gets what each node owns, in the order of the ring's nodes.</summary>
    public IReadOnlyList<RingShare<TNode>> Shares { get; }

    /// <summary>Gets the highest <see cref="RingShare{TNode}.Load"/>: how much the fullest node holds, relative to what it
    /// should. At least 1; 0 for a ring without nodes.</summary>
    public double PeakToMean { get; }

    /// <summary>Gets the root mean square of the loads' distances from 1. With equal weights this is the standard deviation
    /// of the shares over their mean.</summary>
    public double CoefficientOfVariation { get; }
}
