namespace Primitives;

/// <summary>What to do about an attempt that ended: leave it, or try again, possibly not before the server said. Immutable.</summary>
public readonly record struct RetryDecision
{
    private RetryDecision(bool shouldRetry, TimeSpan serverDelay)
    {
        ShouldRetry = shouldRetry;
        ServerDelay = serverDelay;
    }

    /// <summary>Gets the decision to leave it at this result or exception; also the value of <c>default</c>.</summary>
    public static RetryDecision Stop => default;

    /// <summary>Gets the decision to try again after the backoff's delay.</summary>
    public static RetryDecision Again => new(true, TimeSpan.Zero);

    /// <summary>Gets whether to try again.</summary>
    public bool ShouldRetry { get; }

    /// <summary>Gets how long the server asked to wait; zero if it did not.</summary>
    public TimeSpan ServerDelay { get; }

    /// <summary>Gives the decision to try again, not before the server's own delay is over.</summary>
    /// <param name="serverDelay">The delay, as in a Retry-After header. One that is not positive, as of a date gone by, is
    /// as good as none.</param>
    /// <returns>The decision.</returns>
    public static RetryDecision After(TimeSpan serverDelay) => new(true, serverDelay > TimeSpan.Zero ? serverDelay : TimeSpan.Zero);
}
