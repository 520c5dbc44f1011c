namespace Primitives;

/// <summary>The settings of an <see cref="AutocompleteBuilder"/> or a <see cref="LiveAutocompleteIndex"/>.</summary>
public sealed class AutocompleteOptions
{
    /// <summary>Gets or sets what a prefix and a term may differ in.</summary>
    /// <value><see cref="TextFolding.CaseAndDiacritics"/> by default.</value>
    public TextFolding Folding { get; set; } = TextFolding.CaseAndDiacritics;

    /// <summary>Gets or sets what the scores are. Ignored if there is a <see cref="HalfLife"/>.</summary>
    /// <value><see cref="AutocompleteScores.Int64"/> by default.</value>
    public AutocompleteScores Scores { get; set; } = AutocompleteScores.Int64;

    /// <summary>Gets or sets the time in which a score falls to half if nothing is added to it.</summary>
    /// <value><see langword="null"/> by default: scores do not decay. At least one second. Scores are then floating-point
    /// numbers from 0 on, and keep their value to one part in a million.</value>
    public TimeSpan? HalfLife { get; set; }

    /// <summary>Gets or sets what becomes of a term that is added twice to a builder.</summary>
    /// <value><see cref="DuplicateTerms.Sum"/> by default.</value>
    public DuplicateTerms Duplicates { get; set; } = DuplicateTerms.Sum;

    /// <summary>Gets or sets whether a prefix may match at the start of any word of a term instead of at its start only.
    /// </summary>
    /// <value><see langword="false"/> by default. Costs about 12 bytes for each further word.</value>
    public bool MatchWordStarts { get; set; }

    /// <summary>Gets or sets how many completions each node of the trie holds ready. Asking for more is possible and
    /// slower.</summary>
    /// <value>16 by default; from 1 to 64.</value>
    public int CachedResults { get; set; } = 16;

    /// <summary>Gets or sets the largest number of terms that is searched one by one instead of being divided further.
    /// </summary>
    /// <value>32 by default; from 1 to 256. Less takes more memory.</value>
    public int BucketSize { get; set; } = 32;

    /// <summary>Gets or sets the number of changed terms at which a <see cref="LiveAutocompleteIndex"/> compacts itself
    /// in the background.</summary>
    /// <value>0 by default: a twentieth of the terms, but at least 4,096. <see cref="int.MaxValue"/>: never.</value>
    public int CompactAfter { get; set; }
}
