namespace Primitives;

/// <summary>The settings of a <see cref="CompositeLimiter"/>.</summary>
public sealed class CompositeLimiterOptions : LimiterOptions
{
    /// <summary>Gets the quotas, all of which a request must fit.</summary>
    /// <value>Empty by default; at least one must be added.</value>
    public IList<QuotaSetting> Quotas { get; } = [];

    internal RateQuota[] ToQuotas() => [.. Quotas.Select(quota => quota.ToQuota())];

    internal override string? Problem() =>
        Quotas.Count == 0 ? "There are no Quotas."
        : QuotaSetting.ProblemIn(Quotas) ?? base.Problem();
}
