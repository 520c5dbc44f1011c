namespace Primitives;

/// <summary>The settings of a <see cref="CircuitBreaker"/>.</summary>
public sealed class CircuitBreakerOptions
{
    /// <summary>Gets or sets which calls to judge by. A reload takes effect when the breaker closes next.</summary>
    /// <value><see cref="CircuitWindowKind.Time"/> by default.</value>
    public CircuitWindowKind Window { get; set; }

    /// <summary>Gets or sets the length of a window of time. A reload takes effect when the breaker closes next.</summary>
    /// <value>10 s by default. From 1 ms per slice to 1 day.</value>
    public TimeSpan WindowDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the slices of a window of time: it moves on by one at a time, and covers its duration less up to
    /// one slice. A reload takes effect when the breaker closes next.</summary>
    /// <value>10 by default. From 1 to 60.</value>
    public int WindowSlices { get; set; } = 10;

    /// <summary>Gets or sets the calls in a window by count. A reload takes effect when the breaker closes next.</summary>
    /// <value>100 by default. From 1 to 100,000.</value>
    public int WindowSize { get; set; } = 100;

    /// <summary>Gets or sets how many failures in a row open a breaker that counts those.</summary>
    /// <value>5 by default. From 1 to 1,000,000.</value>
    public int ConsecutiveFailures { get; set; } = 5;

    /// <summary>Gets or sets the share of failures in the window that opens the breaker.</summary>
    /// <value>0.5 by default. More than 0, at most 1.</value>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Gets or sets the number of calls in the window below which no share opens the breaker.</summary>
    /// <value>20 by default. From 1 to 1,000,000; for <see cref="CircuitWindowKind.Count"/> at most
    /// <see cref="WindowSize"/>.</value>
    public int MinimumThroughput { get; set; } = 20;

    /// <summary>Gets or sets the duration from which a call counts as slow. A probe that slow has failed.</summary>
    /// <value><see langword="null"/> by default: no call is slow, and durations are not taken. Positive, at most a
    /// day.</value>
    public TimeSpan? SlowCallThreshold { get; set; }

    /// <summary>Gets or sets the share of slow calls in the window that opens the breaker.</summary>
    /// <value>1 by default. More than 0, at most 1.</value>
    public double SlowCallRatio { get; set; } = 1;

    /// <summary>Gets or sets the first break. It doubles with each time the breaker opens again without having closed, and
    /// each is uniform between half of that and that.</summary>
    /// <value>5 s by default. Positive, at most <see cref="MaxBreakDuration"/>.</value>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the longest break.</summary>
    /// <value>60 s by default. At most <see cref="Backoff.MaxDelay"/>.</value>
    public TimeSpan MaxBreakDuration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the breaks, in place of <see cref="BreakDuration"/> and <see cref="MaxBreakDuration"/>: the
    /// delay after attempt 0 is the first.</summary>
    /// <value><see langword="null"/> by default.</value>
    public Backoff? Break { get; set; }

    /// <summary>Gets or sets how many probes decide, half-open, whether it closes.</summary>
    /// <value>1 by default. From 1 to 16.</value>
    public int HalfOpenProbes { get; set; } = 1;

    /// <summary>Gets or sets how many probes run at once.</summary>
    /// <value>1 by default. From 1 to 16.</value>
    public int HalfOpenConcurrency { get; set; } = 1;

    /// <summary>Gets or sets the share of probes that must succeed. It closes or opens as soon as the rest cannot change
    /// that.</summary>
    /// <value>1 by default. More than 0, at most 1.</value>
    public double HalfOpenSuccessRatio { get; set; } = 1;

    /// <summary>Gets or sets how long probes may run. When all that run have for that long, the next caller begins a new
    /// round, and what the old ones report is stale.</summary>
    /// <value>30 s by default. Positive, at most a day.</value>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets the mode. A reload that changes it sets <see cref="CircuitBreaker.Mode"/>.</summary>
    /// <value><see cref="CircuitMode.Normal"/> by default.</value>
    public CircuitMode Mode { get; set; }

    /// <summary>Gets or sets what an exception says about the dependency. One that throws counts as
    /// <see cref="CallOutcome.Failure"/>.</summary>
    /// <value><see langword="null"/> by default: failure. An <see cref="OperationCanceledException"/> of a call whose own
    /// token was cancelled is ignored, whatever this says.</value>
    public Func<Exception, CallOutcome>? Classify { get; set; }

    /// <summary>Gets or sets who is told of transitions: on a thread-pool thread, one after another, in order. It delays no
    /// caller, and what it throws is counted and dropped. Not changed by a reload.</summary>
    /// <value><see langword="null"/> by default.</value>
    public Action<CircuitTransition>? OnTransition { get; set; }
}
