using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>The rules for the settings, used by the factories and at start-up alike.</summary>
internal sealed class RetryBudgetOptionsValidator : IValidateOptions<RetryBudgetOptions>
{
    private const int Most = 1_000_000;

    public ValidateOptionsResult Validate(string? name, RetryBudgetOptions options) =>
        Check(options) is { } failure
            ? ValidateOptionsResult.Fail($"{failure.Setting} is {failure.Value}; it must be {failure.Rule}.")
            : ValidateOptionsResult.Success;

    public static void ThrowIfInvalid(RetryBudgetOptions options)
    {
        if (Check(options) is { } failure)
        {
            throw new ArgumentOutOfRangeException(failure.Parameter, failure.Value, $"Must be {failure.Rule}.");
        }
    }

    // Written so that NaN is refused.
    private static Failure? Check(RetryBudgetOptions options)
    {
        double leastRatio = options.Kind == RetryBudgetKind.Grpc ? 0.001 : 0;
        double largestRatio = options.Kind == RetryBudgetKind.Concurrency ? 1 : 10;
        return !Enum.IsDefined(options.Kind) ? new(nameof(options.Kind), "kind", options.Kind, "a kind of budget")
            : !(options.Ratio >= leastRatio && options.Ratio <= largestRatio)
                ? new(nameof(options.Ratio), "ratio", options.Ratio, FormattableString.Invariant($"from {leastRatio} to {largestRatio}"))
            : !(options.ReservePerSecond is >= 0 and <= Most)
                ? new(nameof(options.ReservePerSecond), "reservePerSecond", options.ReservePerSecond, "from 0 to 1,000,000")
            : options.Burst is < 1 or > Most
                ? new(nameof(options.Burst), options.Kind == RetryBudgetKind.Grpc ? "maxTokens" : "burst", options.Burst, "from 1 to 1,000,000")
            : options.Minimum is < 0 or > Most ? new(nameof(options.Minimum), "minimum", options.Minimum, "from 0 to 1,000,000")
            : null;
    }

    private sealed record Failure(string Setting, string Parameter, object Value, string Rule);
}
