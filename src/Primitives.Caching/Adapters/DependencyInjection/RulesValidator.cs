using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes the rules that a constructor would check fail at start-up already.</summary>
internal sealed class RulesValidator<TOptions>(Action<TOptions> throwIfInvalid) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        try
        {
            throwIfInvalid(options);
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail(exception.Message);
        }
    }
}
