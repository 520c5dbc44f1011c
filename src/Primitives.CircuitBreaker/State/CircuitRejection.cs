namespace Primitives;

/// <summary>Why a call was refused.</summary>
public enum CircuitRejection
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The break is not over.</summary>
    Open,

    /// <summary>The break is over, and the probes that may run are running.</summary>
    ProbesBusy,

    /// <summary>The breaker is isolated.</summary>
    Isolated,
}
