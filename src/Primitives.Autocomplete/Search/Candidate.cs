namespace Primitives;

/// <summary>A term, or a node at a position of its list of best terms.</summary>
/// <param name="Rank">The rank of the term, or a bound of all that the node still has.</param>
/// <param name="Term">The term; if the node's list is used up, the last one that it gave.</param>
/// <param name="Node">The node; -1 for a term alone.</param>
/// <param name="Hi">The end of the node's entries.</param>
/// <param name="Position">The position in the node's list; its length if the list is used up.</param>
internal readonly record struct Candidate(long Rank, int Term, int Node, int Hi, int Position)
{
    public bool IsBefore(in Candidate other) => IsBefore(Rank, Term, other.Rank, other.Term);

    public static bool IsBefore(long rank, int term, long otherRank, int otherTerm) =>
        rank > otherRank || (rank == otherRank && term < otherTerm);
}
