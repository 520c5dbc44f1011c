using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>The rules that span several settings, for the constructor and for validation at start-up alike.</summary>
internal sealed class SnowflakeOptionsValidator : IValidateOptions<SnowflakeOptions>
{
    private static readonly TimeSpan LongestAhead = TimeSpan.FromDays(365);

    public ValidateOptionsResult Validate(string? name, SnowflakeOptions options)
    {
        List<string> failures = FailuresOf(options, hasHighWaterMark: false);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    public static void ThrowIfInvalid(SnowflakeOptions options, bool hasHighWaterMark)
    {
        List<string> failures = FailuresOf(options, hasHighWaterMark);
        if (failures.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', failures), nameof(options));
        }
    }

    private static List<string> FailuresOf(SnowflakeOptions options, bool hasHighWaterMark)
    {
        SnowflakeLayout layout = options.Layout ?? SnowflakeLayout.Twitter;
        var failures = new List<string>();
        if (options.WorkerId is not { } workerId)
        {
            failures.Add("WorkerId must be set; there is no default, because workers that share an id make equal ids.");
        }
        else if (workerId < 0 || workerId > layout.MaxWorkerId)
        {
            failures.Add($"WorkerId is {workerId}; {layout.WorkerBits} bits hold 0 to {layout.MaxWorkerId}.");
        }

        if (!Enum.IsDefined(options.Overflow))
        {
            failures.Add($"Overflow is {options.Overflow}, which is not a policy.");
        }

        if (!Enum.IsDefined(options.Rollback))
        {
            failures.Add($"Rollback is {options.Rollback}, which is not a policy.");
        }

        if (options.MaxAhead < TimeSpan.Zero || options.MaxAhead > LongestAhead)
        {
            failures.Add($"MaxAhead is {options.MaxAhead}; it must be from 0 to {LongestAhead.TotalDays} days.");
        }
        else if (options.MaxAhead < layout.Tick && (options.Overflow == SequenceOverflow.Borrow || hasHighWaterMark))
        {
            failures.Add($"MaxAhead is {options.MaxAhead}; borrowing and a high-water mark need at least one tick, {layout.Tick}.");
        }

        return failures;
    }
}
