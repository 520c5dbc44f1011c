namespace Primitives;

/// <summary>How an attempt ended, for a <see cref="RetryBudget"/>.</summary>
public enum AttemptOutcome
{
    /// <summary>The server answered, be it with an error that a retry would not change.</summary>
    Succeeded,

    /// <summary>It failed in a way worth a retry: the server may be in trouble.</summary>
    Failed,

    /// <summary>It was cancelled, or never made: it says nothing about the server.</summary>
    Abandoned,
}
