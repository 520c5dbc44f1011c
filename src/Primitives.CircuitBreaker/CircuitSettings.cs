namespace Primitives;

/// <summary>The options in the units the breaker computes in. Immutable; replaced as a whole by a reload.</summary>
internal sealed class CircuitSettings
{
    private readonly CircuitWindowKind _window;
    private readonly long _ticksPerSlice;
    private readonly int _slices;
    private readonly int _size;
    private readonly int _consecutiveFailures;
    private readonly int _minimumThroughput;
    private readonly double _failureRatio;
    private readonly double _slowRatio;

    public CircuitSettings(CircuitBreakerOptions options, TimeProvider timeProvider)
    {
        _window = options.Window;
        _slices = options.WindowSlices;
        _size = options.WindowSize;
        _consecutiveFailures = options.ConsecutiveFailures;
        _minimumThroughput = options.MinimumThroughput;
        _failureRatio = options.FailureRatio;
        _slowRatio = options.SlowCallRatio;
        _ticksPerSlice = ToTicks(options.WindowDuration / options.WindowSlices, timeProvider);
        SlowTicks = options.SlowCallThreshold is { } slow ? ToTicks(slow, timeProvider) : 0;
        ProbeTimeoutTicks = ToTicks(options.ProbeTimeout, timeProvider);
        Break = options.Break ?? Backoff.Exponential(options.BreakDuration, options.MaxBreakDuration, jitter: BackoffJitter.Equal);
        Classify = options.Classify;
        Probes = options.HalfOpenProbes;
        ProbesAtOnce = options.HalfOpenConcurrency;

        // Less a little: 0.7 * 10 is just above 7 in binary.
        SuccessesNeeded = (int)Math.Max(1, Math.Ceiling((options.HalfOpenSuccessRatio * options.HalfOpenProbes) - Rounding));
    }

    private static double Rounding => 1e-9;

    /// <summary>Gets the duration of a slow call in clock ticks; 0 if durations are not taken.</summary>
    public long SlowTicks { get; }

    public long ProbeTimeoutTicks { get; }

    public Backoff Break { get; }

    public Func<Exception, CallOutcome>? Classify { get; }

    public int Probes { get; }

    public int ProbesAtOnce { get; }

    public int SuccessesNeeded { get; }

    public static long ToTicks(TimeSpan span, TimeProvider timeProvider) =>
        (long)((((Int128)span.Ticks * timeProvider.TimestampFrequency) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond);

    public CircuitWindow CreateWindow(long now) => _window switch
    {
        CircuitWindowKind.Count => new CountWindow(_size),
        CircuitWindowKind.Consecutive => new ConsecutiveWindow(),
        _ => new TimeWindow(now, _ticksPerSlice, _slices),
    };

    public bool IsTooMuch(CircuitWindow window, in WindowCounts counts) =>
        window is ConsecutiveWindow
            ? counts.Failures >= _consecutiveFailures
            : counts.Calls >= _minimumThroughput
                && (IsShare(counts.Failures, _failureRatio, counts.Calls)
                    || (SlowTicks > 0 && IsShare(counts.Slow, _slowRatio, counts.Calls)));

    private static bool IsShare(long part, double ratio, long whole) => part > 0 && part >= (ratio * whole) - Rounding;
}
