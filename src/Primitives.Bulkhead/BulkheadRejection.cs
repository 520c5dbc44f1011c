namespace Primitives;

/// <summary>Why a <see cref="Bulkhead"/> refused.</summary>
public enum BulkheadRejection
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>There was no room, neither to run nor to wait; or there was, and another took it.</summary>
    Full,

    /// <summary>The wait took longer than <see cref="BulkheadOptions.MaxWait"/>.</summary>
    TimedOut,
}
