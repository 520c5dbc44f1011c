namespace Primitives;

/// <summary>Which calls a <see cref="CircuitBreaker"/> judges by.</summary>
public enum CircuitWindowKind
{
    /// <summary>Those of the last <see cref="CircuitBreakerOptions.WindowDuration"/>.</summary>
    Time,

    /// <summary>The last <see cref="CircuitBreakerOptions.WindowSize"/>.</summary>
    Count,

    /// <summary>The failures since the last success.</summary>
    Consecutive,
}
