namespace Primitives;

/// <summary>What a call says about the dependency.</summary>
public enum CallOutcome
{
    /// <summary>It works.</summary>
    Success,

    /// <summary>It does not.</summary>
    Failure,

    /// <summary>Nothing: the call was cancelled, or never got there.</summary>
    Ignored,
}
