namespace Primitives;

/// <summary>One change of a batch for <see cref="LiveAutocompleteIndex.Apply"/>. Immutable.</summary>
public readonly struct AutocompleteUpdate
{
    private AutocompleteUpdate(string term, in TermChange change)
    {
        ArgumentNullException.ThrowIfNull(term);
        Term = term;
        Change = change;
    }

    /// <summary>Gets the term it changes.</summary>
    public string Term { get; }

    internal TermChange Change { get; }

    /// <summary>Adds a term or replaces its score and payload.</summary>
    /// <param name="term">The text.</param>
    /// <param name="score">The integer score.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>The change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="term"/> is <see langword="null"/>.</exception>
    public static AutocompleteUpdate Set(string term, long score, long payload = 0) => new(term, TermChange.Set(score, payload));

    /// <summary>Adds a term or replaces its score and payload.</summary>
    /// <param name="term">The text.</param>
    /// <param name="score">The floating-point score.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>The change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="term"/> is <see langword="null"/>.</exception>
    public static AutocompleteUpdate Set(string term, double score, long payload = 0) => new(term, TermChange.Set(score, payload));

    /// <summary>Adds to a term's score, which is 0 if the term is not there.</summary>
    /// <param name="term">The text.</param>
    /// <param name="delta">What to add.</param>
    /// <param name="payload">The new payload; <see langword="null"/> keeps the one it has.</param>
    /// <returns>The change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="term"/> is <see langword="null"/>.</exception>
    public static AutocompleteUpdate Increment(string term, long delta = 1, long? payload = null) =>
        new(term, TermChange.Increment(delta, payload));

    /// <summary>Adds to a term's score, which is 0 if the term is not there.</summary>
    /// <param name="term">The text.</param>
    /// <param name="delta">What to add.</param>
    /// <param name="payload">The new payload; <see langword="null"/> keeps the one it has.</param>
    /// <returns>The change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="term"/> is <see langword="null"/>.</exception>
    public static AutocompleteUpdate Increment(string term, double delta, long? payload = null) =>
        new(term, TermChange.Increment(delta, payload));

    /// <summary>Removes a term, if it is there.</summary>
    /// <param name="term">The text.</param>
    /// <returns>The change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="term"/> is <see langword="null"/>.</exception>
    public static AutocompleteUpdate Remove(string term) => new(term, TermChange.Remove());
}
