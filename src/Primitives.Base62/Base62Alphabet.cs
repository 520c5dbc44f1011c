namespace Primitives;

/// <summary>
/// The order in which the 62 digits stand for the values 0 to 61. No standard fixes it, so a text can only be read
/// with the alphabet it was written with: both alphabets accept the same characters, and the wrong one gives another
/// value without any error.
/// </summary>
public enum Base62Alphabet
{
    /// <summary><c>0-9A-Za-z</c>, the order of ASCII: texts of one width sort ordinally as their values do.</summary>
    Ordered = 0,

    /// <summary><c>0-9a-zA-Z</c>, which many URL shorteners use. Its texts do not sort as their values do.</summary>
    LowerFirst = 1,
}
