using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes a wrong setting fail at start-up instead of when the cache is first asked for.</summary>
internal sealed class CacheOptionsValidator<TKey, TValue> : IValidateOptions<CacheOptions<TKey, TValue>>
    where TKey : notnull
{
    public ValidateOptionsResult Validate(string? name, CacheOptions<TKey, TValue> options) =>
        OptionsRules.FindError(options) is { } error ? ValidateOptionsResult.Fail(error.Message) : ValidateOptionsResult.Success;
}
