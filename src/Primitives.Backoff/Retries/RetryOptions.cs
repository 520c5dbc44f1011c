namespace Primitives;

/// <summary>What <see cref="Retry"/> goes by. Make one and keep it; it must not be changed while calls use it.</summary>
public sealed class RetryOptions
{
    /// <summary>Gets or sets the delays, and with them how often and how long to try.</summary>
    /// <value>By default full jitter from 100 ms to 30 s, 4 attempts in all.</value>
    public Backoff Backoff { get; set; } =
        Backoff.Exponential(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)).WithMaxAttempts(4);

    /// <summary>Gets or sets the budget shared by all calls of the dependency.</summary>
    /// <value>None by default.</value>
    public RetryBudget? Budget { get; set; }

    /// <summary>Gets or sets which exceptions are worth another attempt.</summary>
    /// <value><see langword="null"/> by default: all but the <see cref="OperationCanceledException"/> of the caller's own
    /// token, which never is, whatever this says.</value>
    public Func<Exception, RetryDecision>? Decide { get; set; }

    /// <summary>Gets or sets how long one attempt may take. Its token is cancelled then, and what comes of that counts as a
    /// <see cref="TimeoutException"/>; an attempt that does not heed its token is waited for.</summary>
    /// <value>Without limit (<see cref="Timeout.InfiniteTimeSpan"/>) by default; else positive, at most
    /// <see cref="Backoff.MaxDelay"/>.</value>
    public TimeSpan AttemptTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets the longest delay accepted from a server.</summary>
    /// <value>60 s by default. Not negative, at most <see cref="Backoff.MaxDelay"/>.</value>
    public TimeSpan MaxServerDelay { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets what a longer delay means: wait <see cref="MaxServerDelay"/>, against the server's word, or do
    /// not try again.</summary>
    /// <value><see langword="false"/> by default: do not try again.</value>
    public bool ClampServerDelay { get; set; }

    /// <summary>Gets or sets the clock.</summary>
    /// <value><see cref="TimeProvider.System"/> by default.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void ThrowIfInvalid()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxServerDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxServerDelay, Backoff.MaxDelay);
        if (AttemptTimeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(AttemptTimeout, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(AttemptTimeout, Backoff.MaxDelay);
        }
    }
}
