namespace Primitives;

/// <summary>The rule of a <see cref="RetryBudget"/>.</summary>
public enum RetryBudgetKind
{
    /// <summary><see cref="RetryBudget.ByRatio"/>.</summary>
    Ratio,

    /// <summary><see cref="RetryBudget.ByConcurrency"/>.</summary>
    Concurrency,

    /// <summary><see cref="RetryBudget.Grpc"/>.</summary>
    Grpc,
}
