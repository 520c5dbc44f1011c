namespace Primitives;

/// <summary>A term on a list of best ones, with its rank, so that lists are read without going to each term: that is
/// likely to have been written by another core just now.</summary>
internal readonly record struct RankedTerm(long Rank, DeltaTerm Term)
{
    public static RankedTerm Of(DeltaTerm term) => new(term.Rank, term);

    /// <summary>Whether it comes before another one among results.</summary>
    public bool IsBefore(in RankedTerm other) =>
        Rank > other.Rank || (Rank == other.Rank && Term.CompareTexts(other.Term) < 0);
}
