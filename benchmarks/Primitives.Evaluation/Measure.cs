namespace Primitives.Evaluation;

/// <summary>One line of the scorecard.</summary>
/// <param name="Area">The area it belongs to.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Result">The value found.</param>
/// <param name="Target">The value promised; <see langword="null"/> where nothing is, and the value is for the reader.</param>
/// <param name="AtMost">Whether the target is an upper bound; a lower bound otherwise.</param>
/// <param name="Unit">The unit, or empty; "x" for ratios.</param>
/// <param name="Note">What the value rests on: absolute times, sample sizes.</param>
internal sealed record Measure(string Area, string Name, double Result, double? Target, bool AtMost, string Unit, string Note)
{
    // Written so that a NaN is short, never ok.
    public bool IsOk => Target is not { } target || (AtMost ? Result <= target : Result >= target);
}
