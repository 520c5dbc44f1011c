namespace Primitives;

/// <summary>A <see cref="CircuitBreaker"/> refused a call.</summary>
public sealed class CircuitOpenException : Exception
{
    /// <summary>Creates the exception.</summary>
    public CircuitOpenException()
        : this("The circuit breaker refused the call.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What to say.</param>
    public CircuitOpenException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What to say.</param>
    /// <param name="innerException">What led to it.</param>
    public CircuitOpenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="reason">Why the call was refused.</param>
    /// <param name="retryAfter">The time until the breaker may let a call through.</param>
    public CircuitOpenException(CircuitRejection reason, TimeSpan retryAfter)
        : this(reason switch
        {
            CircuitRejection.Isolated => "The circuit breaker is isolated.",
            CircuitRejection.ProbesBusy => $"The circuit breaker is half-open and its probes are running; retry after {retryAfter}.",
            _ => $"The circuit breaker is open; retry after {retryAfter}.",
        })
    {
        Reason = reason;
        RetryAfter = retryAfter;
    }

    /// <summary>Gets why the call was refused.</summary>
    public CircuitRejection Reason { get; }

    /// <summary>Gets the time until the breaker may let a call through; never negative, and
    /// <see cref="TimeSpan.MaxValue"/> if that is not up to time.</summary>
    public TimeSpan RetryAfter { get; }
}
