namespace Primitives;

/// <summary>What a <see cref="CircuitBreaker"/> does with calls.</summary>
public enum CircuitState
{
    /// <summary>Lets all through and counts how they end.</summary>
    Closed,

    /// <summary>Refuses all until the break is over.</summary>
    Open,

    /// <summary>The break is over: lets a few through to see.</summary>
    HalfOpen,

    /// <summary>Refuses all until told otherwise.</summary>
    Isolated,

    /// <summary>Lets all through and counts nothing.</summary>
    Disabled,
}
