namespace Primitives;

/// <summary>Counters of a <see cref="LiveAutocompleteIndex"/>.</summary>
/// <param name="Terms">The terms it holds.</param>
/// <param name="Queries">The queries it answered.</param>
/// <param name="ChangedTerms">The terms that changed since the last compaction: the size of the delta.</param>
/// <param name="Compactions">The compactions that were published.</param>
public readonly record struct AutocompleteStatistics(int Terms, long Queries, int ChangedTerms, long Compactions);
