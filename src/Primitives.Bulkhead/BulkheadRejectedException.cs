namespace Primitives;

/// <summary>A <see cref="Bulkhead"/> refused a call.</summary>
public sealed class BulkheadRejectedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public BulkheadRejectedException()
        : this("The bulkhead refused the call.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What to say.</param>
    public BulkheadRejectedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What to say.</param>
    /// <param name="innerException">What led to it.</param>
    public BulkheadRejectedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="reason">Why the call was refused.</param>
    public BulkheadRejectedException(BulkheadRejection reason)
        : this(reason == BulkheadRejection.TimedOut ? "The call waited too long for a place in the bulkhead." : "The bulkhead is full.") =>
        Reason = reason;

    /// <summary>Gets why the call was refused.</summary>
    public BulkheadRejection Reason { get; }
}
