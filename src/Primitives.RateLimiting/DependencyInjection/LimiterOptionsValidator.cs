using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes a wrong setting fail at start-up, or at the reload that brings it, instead of later.</summary>
internal sealed class LimiterOptionsValidator<TOptions>(Func<TOptions, string?> problem) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options) =>
        problem(options) is { } found ? ValidateOptionsResult.Fail(found) : ValidateOptionsResult.Success;
}
