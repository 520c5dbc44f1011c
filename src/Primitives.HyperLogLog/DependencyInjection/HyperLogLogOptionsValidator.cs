using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes a wrong setting fail at start-up instead of when the sketch is first asked for.</summary>
internal sealed class HyperLogLogOptionsValidator : IValidateOptions<HyperLogLogOptions>
{
    public ValidateOptionsResult Validate(string? name, HyperLogLogOptions options) =>
        options.Precision is >= HyperLogLog.MinPrecision and <= HyperLogLog.MaxPrecision
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Precision is {options.Precision}; it must be from {HyperLogLog.MinPrecision} to {HyperLogLog.MaxPrecision}.");
}
