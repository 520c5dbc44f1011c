namespace Primitives;

/// <summary>What an index's scores are.</summary>
public enum AutocompleteScores
{
    /// <summary>64-bit integers, compared and returned exactly.</summary>
    Int64 = 0,

    /// <summary>Finite 64-bit floating-point numbers, compared and returned exactly; -0 becomes 0.</summary>
    Double = 1,
}
