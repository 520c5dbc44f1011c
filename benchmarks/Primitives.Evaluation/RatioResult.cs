using System.Globalization;

namespace Primitives.Evaluation;

/// <summary>What a comparison found.</summary>
/// <param name="Value">Candidate time divided by rival time; below 1 the candidate is faster.</param>
/// <param name="CandidateNs">The candidate's median time per operation.</param>
/// <param name="RivalNs">The rival's median time per operation.</param>
/// <param name="Disturbed">Whether somebody else shared the processor in most of the rounds that count.</param>
internal readonly record struct RatioResult(double Value, double CandidateNs, double RivalNs, bool Disturbed)
{
    /// <summary>Gets how many times faster the candidate is.</summary>
    public double Speedup => 1 / Value;

    /// <summary>Gets both times for the scorecard's note.</summary>
    public string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"{CandidateNs:0.0} ns against {RivalNs:0.0} ns{(Disturbed ? "; disturbed" : "")}");
}
