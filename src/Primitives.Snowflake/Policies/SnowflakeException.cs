namespace Primitives;

/// <summary>Thrown when an id cannot be made now; <see cref="Failure"/> says why. No id was used up unless the exception
/// ended a wait.</summary>
public sealed class SnowflakeException : InvalidOperationException
{
    /// <summary>Creates the exception with a general message.</summary>
    public SnowflakeException()
        : this("No id could be made.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    public SnowflakeException(string? message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">What caused it.</param>
    public SnowflakeException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="failure">Why no id could be made.</param>
    /// <param name="message">What went wrong.</param>
    public SnowflakeException(SnowflakeFailure failure, string? message)
        : base(message)
    {
        Failure = failure;
    }

    /// <summary>Gets why no id could be made.</summary>
    public SnowflakeFailure Failure { get; }
}
