namespace Primitives;

/// <summary>
/// One generation of a breaker: a state from the transition that began it to the one that ended it. What must be seen
/// together is read-only here, so that one swap of a reference publishes it together.
/// </summary>
internal sealed class CircuitPhase
{
    /// <summary>The probes, half-open; changed through the methods of <see cref="ProbeRound"/> only.</summary>
    public ProbeRound Round;

    public CircuitPhase(CircuitState state, CircuitPhase? previous, CircuitSettings settings)
    {
        State = state;
        Settings = settings;
        Generation = previous is null ? 0 : previous.Generation + 1;
    }

    public CircuitState State { get; }

    public long Generation { get; }

    /// <summary>Gets the settings the phase began with; a half-open phase keeps to them.</summary>
    public CircuitSettings Settings { get; }

    /// <summary>Gets the calls of a closed phase.</summary>
    public CircuitWindow? Window { get; init; }

    /// <summary>Gets the clock's reading from which an open phase is over.</summary>
    public long OpenUntil { get; init; }

    public TimeSpan BreakDuration { get; init; }

    /// <summary>Gets how often it opened since it was closed.</summary>
    public int Opens { get; init; }

    /// <summary>Gets what led to this phase, for observers.</summary>
    public WindowCounts Cause { get; init; }

    /// <summary>Gets or sets the phase that followed; only kept for observers.</summary>
    public CircuitPhase? Next { get; set; }
}
