namespace Primitives;

/// <summary>A node with what it bids for one key.</summary>
/// <param name="Later">Whether all nodes that are not come first: those that stand in for their zone.</param>
/// <param name="Score">The logarithm of the draw over the weight; 0 if all weights are equal. The least wins.</param>
/// <param name="Draw">The draw itself. The largest wins among equal scores.</param>
/// <param name="Index">The node's place in the order of names. The first wins among equal draws.</param>
internal readonly record struct RendezvousCandidate(bool Later, double Score, ulong Draw, int Index)
{
    /// <summary>Whether this candidate comes before another. Two of different nodes are never equal.</summary>
    public bool Precedes(in RendezvousCandidate other)
    {
        if (Later != other.Later)
        {
            return other.Later;
        }

        if (Score != other.Score)
        {
            return Score < other.Score;
        }

        return Draw != other.Draw ? Draw > other.Draw : Index < other.Index;
    }
}
