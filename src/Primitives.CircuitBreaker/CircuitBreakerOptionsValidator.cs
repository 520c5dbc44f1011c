using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>The rules for the settings, used by the constructor and at start-up alike.</summary>
internal sealed class CircuitBreakerOptionsValidator : IValidateOptions<CircuitBreakerOptions>
{
    private const int MostCalls = 1_000_000;
    private const int MostSlots = 100_000;
    private const int MostSlices = 60;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, CircuitBreakerOptions options) =>
        Check(options) is { } failure ? ValidateOptionsResult.Fail(failure) : ValidateOptionsResult.Success;

    public static void ThrowIfInvalid(CircuitBreakerOptions options)
    {
        if (Check(options) is { } failure)
        {
            throw new ArgumentException(failure, nameof(options));
        }
    }

    // Written so that NaN is refused.
    private static string? Check(CircuitBreakerOptions o) =>
        !Enum.IsDefined(o.Window) ? Say(nameof(o.Window), o.Window, "a kind of window")
        : !Enum.IsDefined(o.Mode) ? Say(nameof(o.Mode), o.Mode, "a mode")
        : o.WindowSlices is < 1 or > MostSlices ? Say(nameof(o.WindowSlices), o.WindowSlices, "from 1 to 60")
        : o.WindowDuration < TimeSpan.FromMilliseconds(o.WindowSlices) || o.WindowDuration > Day
            ? Say(nameof(o.WindowDuration), o.WindowDuration, "from 1 ms per slice to a day")
        : o.WindowSize is < 1 or > MostSlots ? Say(nameof(o.WindowSize), o.WindowSize, "from 1 to 100,000")
        : o.ConsecutiveFailures is < 1 or > MostCalls ? Say(nameof(o.ConsecutiveFailures), o.ConsecutiveFailures, "from 1 to 1,000,000")
        : !IsShare(o.FailureRatio) ? Say(nameof(o.FailureRatio), o.FailureRatio, "more than 0 and at most 1")
        : o.MinimumThroughput is < 1 or > MostCalls ? Say(nameof(o.MinimumThroughput), o.MinimumThroughput, "from 1 to 1,000,000")
        : o.Window == CircuitWindowKind.Count && o.MinimumThroughput > o.WindowSize
            ? Say(nameof(o.MinimumThroughput), o.MinimumThroughput, $"at most WindowSize, {o.WindowSize}, or the breaker never opens")
        : o.SlowCallThreshold is { } slow && !IsUpToADay(slow) ? Say(nameof(o.SlowCallThreshold), slow, "positive and at most a day")
        : !IsShare(o.SlowCallRatio) ? Say(nameof(o.SlowCallRatio), o.SlowCallRatio, "more than 0 and at most 1")
        : o.BreakDuration <= TimeSpan.Zero || o.BreakDuration > o.MaxBreakDuration
            ? Say(nameof(o.BreakDuration), o.BreakDuration, "positive and at most MaxBreakDuration")
        : o.MaxBreakDuration > Backoff.MaxDelay ? Say(nameof(o.MaxBreakDuration), o.MaxBreakDuration, $"at most {Backoff.MaxDelay}")
        : o.Break is { } breaks && breaks.BaseDelay == TimeSpan.Zero ? Say(nameof(o.Break), "default(Backoff)", "a backoff with delays")
        : o.HalfOpenProbes is < 1 or > ProbeRound.MaxProbes ? Say(nameof(o.HalfOpenProbes), o.HalfOpenProbes, "from 1 to 16")
        : o.HalfOpenConcurrency is < 1 or > ProbeRound.MaxProbes ? Say(nameof(o.HalfOpenConcurrency), o.HalfOpenConcurrency, "from 1 to 16")
        : !IsShare(o.HalfOpenSuccessRatio) ? Say(nameof(o.HalfOpenSuccessRatio), o.HalfOpenSuccessRatio, "more than 0 and at most 1")
        : !IsUpToADay(o.ProbeTimeout) ? Say(nameof(o.ProbeTimeout), o.ProbeTimeout, "positive and at most a day")
        : null;

    private static bool IsShare(double value) => value is > 0 and <= 1;

    private static bool IsUpToADay(TimeSpan value) => value > TimeSpan.Zero && value <= Day;

    private static string Say(string setting, object value, string rule) =>
        FormattableString.Invariant($"{setting} is {value}; it must be {rule}.");
}
