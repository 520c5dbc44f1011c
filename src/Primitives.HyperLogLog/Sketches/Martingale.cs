namespace Primitives;

/// <summary>
/// The estimate that watches a sketch change: each change adds the inverse of the probability with which a new key
/// would have caused one (historic inverse probability). All changes happen, and are observed, under one lock, so there
/// is an order in which they happened.
/// </summary>
internal sealed class Martingale
{
    private double _changeProbability = 1;

    public Lock Lock { get; } = new();

    /// <summary>Gets the estimate; NaN once the sketch has changed in a way that adds do not explain.</summary>
    public double Estimate { get; private set; }

    public bool IsValid => !double.IsNaN(Estimate);

    /// <summary>Starts from a known estimate and the state's probability of change.</summary>
    public void Restart(double estimate, double changeProbability)
    {
        Estimate = estimate;
        _changeProbability = changeProbability;
    }

    /// <summary>Takes note of a change that lowers the probability of further ones.</summary>
    public void Observe(double decrease)
    {
        Estimate += 1 / _changeProbability;
        _changeProbability -= decrease;
    }

    public void Invalidate() => Estimate = double.NaN;
}
