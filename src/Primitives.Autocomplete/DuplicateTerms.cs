namespace Primitives;

/// <summary>What becomes of a term that is added more than once. Terms are the same if their text is, to the last code
/// point; texts that only match alike, such as <c>Resume</c> and <c>résumé</c>, are two terms.</summary>
public enum DuplicateTerms
{
    /// <summary>Its scores are added up; the payload added last is kept.</summary>
    Sum = 0,

    /// <summary>The highest score is kept, with its payload; among equal ones the first.</summary>
    Max = 1,

    /// <summary>The last score and payload are kept.</summary>
    Replace = 2,

    /// <summary><see cref="AutocompleteBuilder.Build"/> throws.</summary>
    Throw = 3,
}
