namespace Primitives;

/// <summary>What a prefix and a term may differ in and still match. Completions always return the text as it was added.
/// </summary>
/// <remarks>The mappings are those of Unicode 14, in tables of the package's own: they do not depend on the culture, on
/// ICU or on the version of .NET, so that a persisted index means the same everywhere.</remarks>
public enum TextFolding
{
    /// <summary>Nothing: UTF-8 bytes are compared as they are.</summary>
    None = 0,

    /// <summary>Case, by Unicode's full case folding: <c>STRASSE</c> finds <c>Straße</c>. Dotted and dotless i differ.
    /// </summary>
    Case = 1,

    /// <summary>Case, diacritics and compatibility forms: <c>eleonore</c> finds <c>Éléonore</c>, composed or not,
    /// <c>istanbul</c> finds <c>İstanbul</c>, <c>lodz</c> finds <c>Łódź</c>, and full-width letters are letters. Marks that
    /// are letters of their script, such as vowel signs of Devanagari, are kept; Hangul syllables are taken apart, so that
    /// an unfinished syllable is a prefix.</summary>
    CaseAndDiacritics = 2,
}
