namespace Primitives;

/// <summary>What of <see cref="AutocompleteOptions"/> shapes an index, checked and unchangeable.</summary>
internal sealed record IndexSettings(
    TextFolding Folding,
    AutocompleteScores Scores,
    TimeSpan? HalfLife,
    DuplicateTerms Duplicates,
    bool MatchWordStarts,
    int CachedResults,
    int BucketSize)
{
    public const int MaxCachedResults = 64;
    public const int MaxBucketSize = 256;

    public static IndexSettings From(AutocompleteOptions options, string parameter)
    {
        if (WhatIsWrong(options) is { } reason)
        {
            throw new ArgumentException(reason, parameter);
        }

        return new IndexSettings(
            options.Folding,
            options.HalfLife is null ? options.Scores : AutocompleteScores.Double,
            options.HalfLife,
            options.Duplicates,
            options.MatchWordStarts,
            options.CachedResults,
            options.BucketSize);
    }

    /// <summary>Says what is wrong with a setting, or <see langword="null"/>.</summary>
    public static string? WhatIsWrong(AutocompleteOptions options) =>
        !Enum.IsDefined(options.Folding) ? $"Folding is {options.Folding}, which does not exist."
        : !Enum.IsDefined(options.Scores) ? $"Scores is {options.Scores}, which does not exist."
        : !Enum.IsDefined(options.Duplicates) ? $"Duplicates is {options.Duplicates}, which does not exist."
        : options.HalfLife < TimeSpan.FromSeconds(1) ? $"HalfLife is {options.HalfLife}; it must be at least one second."
        : options.CachedResults is < 1 or > MaxCachedResults ? $"CachedResults is {options.CachedResults}; it must be from 1 to {MaxCachedResults}."
        : options.BucketSize is < 1 or > MaxBucketSize ? $"BucketSize is {options.BucketSize}; it must be from 1 to {MaxBucketSize}."
        : options.CompactAfter < 0 ? $"CompactAfter is {options.CompactAfter}; it must be at least 0."
        : null;

    public ScoreScale Scale(TimeProvider clock) => new(Scores, HalfLife, clock);
}
