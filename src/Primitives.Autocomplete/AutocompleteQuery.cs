namespace Primitives;

/// <summary>How to search; <see langword="default"/> is for what begins with the prefix, best scores first. Immutable.
/// </summary>
public readonly record struct AutocompleteQuery
{
    /// <summary>The most edits there can be.</summary>
    public const int MostEdits = 2;

    /// <summary>Gets how many typing errors a term may have.</summary>
    /// <value>0 by default, to <see cref="MostEdits"/>. An error is an inserted, left-out or replaced character or two
    /// neighbours in the wrong order; a character is a Unicode scalar value of the folded text. The errors of a term are
    /// those of the best of its beginnings (optimal string alignment distance). Terms with fewer errors always come
    /// first.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public int MaxEdits
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostEdits);
            field = value;
        }
    }

    /// <summary>Gets how many of the first characters are taken to be right.</summary>
    /// <value>0 by default. With 1, a search with edits looks at less, and misses errors in the first character.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int FixedCharacters
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Gets how many nodes and terms a search may look at, after which it returns what it has.</summary>
    /// <value>0 by default: as many as it takes. A search without edits, filter or blend for at most as many results as
    /// are cached needs no budget.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int VisitBudget
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Gets how recent use counts.</summary>
    /// <value><see langword="null"/> by default: not at all.</value>
    public RecencyBlend? Recency { get; init; }

    /// <summary>Suggests how many errors to allow: none below 3 characters, one below 8, otherwise two.</summary>
    /// <param name="prefix">What was typed.</param>
    /// <returns>0, 1 or 2, for <see cref="MaxEdits"/>.</returns>
    public static int SuggestEdits(ReadOnlySpan<char> prefix) => prefix.Length switch { < 3 => 0, < 8 => 1, _ => 2 };
}
