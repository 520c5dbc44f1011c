namespace Primitives;

/// <summary>The settings of a <see cref="RetryBudget"/> that a container creates.</summary>
public sealed class RetryBudgetOptions
{
    /// <summary>Gets or sets the rule. The one setting that a reload does not change.</summary>
    /// <value><see cref="RetryBudgetKind.Ratio"/> by default.</value>
    public RetryBudgetKind Kind { get; set; }

    /// <summary>Gets or sets the retries per request, the share of attempts in flight, or what a success gives back.</summary>
    /// <value>0.2 by default. From 0 to 10; for <see cref="RetryBudgetKind.Concurrency"/> to 1, for
    /// <see cref="RetryBudgetKind.Grpc"/> from 0.001.</value>
    public double Ratio { get; set; } = 0.2;

    /// <summary>Gets or sets the retries a second whatever the requests, of <see cref="RetryBudgetKind.Ratio"/>.</summary>
    /// <value>10 by default. From 0 to 1,000,000.</value>
    public double ReservePerSecond { get; set; } = 10;

    /// <summary>Gets or sets how many retries can be saved up; of <see cref="RetryBudgetKind.Grpc"/>, the tokens.</summary>
    /// <value>100 by default. From 1 to 1,000,000.</value>
    public int Burst { get; set; } = 100;

    /// <summary>Gets or sets how many retries may be in flight whatever the share, of
    /// <see cref="RetryBudgetKind.Concurrency"/>.</summary>
    /// <value>3 by default. From 0 to 1,000,000.</value>
    public int Minimum { get; set; } = 3;
}
