namespace Primitives;

/// <summary>Who decides about calls.</summary>
public enum CircuitMode
{
    /// <summary>The breaker.</summary>
    Normal,

    /// <summary>Nobody: all calls are refused.</summary>
    Isolated,

    /// <summary>Nobody: all calls are let through and none is counted.</summary>
    Disabled,

    /// <summary>The breaker decides, but calls it would refuse are let through, uncounted. For trying settings out.</summary>
    ObserveOnly,
}
