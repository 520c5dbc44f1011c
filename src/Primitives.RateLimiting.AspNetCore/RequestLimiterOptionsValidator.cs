using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes a wrong setting fail at start-up instead of with the first request.</summary>
internal sealed class RequestLimiterOptionsValidator : IValidateOptions<RequestLimiterOptions>
{
    public ValidateOptionsResult Validate(string? name, RequestLimiterOptions options) =>
        options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
}
