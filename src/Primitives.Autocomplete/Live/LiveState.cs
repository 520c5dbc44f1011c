namespace Primitives;

/// <summary>A published state of a <see cref="LiveAutocompleteIndex"/>: a frozen index and what changed since. Immutable as
/// seen by its readers.</summary>
/// <param name="Index">The frozen index.</param>
/// <param name="Hidden">Which of its terms changed, for all versions; one object from a replacement of the index to the next.</param>
/// <param name="HiddenCount">How many, at this version.</param>
/// <param name="Delta">What they, and new ones, are now; <see langword="null"/> for none.</param>
/// <param name="DeltaCount">The number of terms in it.</param>
/// <param name="Version">The number of publications since the frozen index was made.</param>
internal sealed record LiveState(
    AutocompleteIndex Index, HiddenTerms Hidden, int HiddenCount, DeltaNode? Delta, int DeltaCount, int Version)
{
    public int Count => Index.Count - HiddenCount + DeltaCount;

    public bool IsUnchanged => Delta is null && HiddenCount == 0;

    public static LiveState Of(AutocompleteIndex index) => new(index, new HiddenTerms(index.Count), 0, null, 0, 0);
}
