using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes a wrong setting fail at start-up instead of when the index is first asked for.</summary>
internal sealed class AutocompleteOptionsValidator : IValidateOptions<AutocompleteOptions>
{
    public ValidateOptionsResult Validate(string? name, AutocompleteOptions options) =>
        IndexSettings.WhatIsWrong(options) is { } reason ? ValidateOptionsResult.Fail(reason) : ValidateOptionsResult.Success;
}
