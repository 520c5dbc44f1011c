using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Makes a wrong setting fail at start-up instead of when the filter is first asked for.</summary>
internal sealed class BloomFilterOptionsValidator : IValidateOptions<BloomFilterOptions>
{
    public ValidateOptionsResult Validate(string? name, BloomFilterOptions options)
    {
        if (options.Capacity < 1)
        {
            return ValidateOptionsResult.Fail($"{Describe(name)}: Capacity is {options.Capacity}; it must be set, to at least 1.");
        }

        try
        {
            BloomFilter.ShapeFor(options.Capacity, options.FalsePositiveRate, options.Layout);
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentOutOfRangeException exception)
        {
            return ValidateOptionsResult.Fail($"{Describe(name)}: {exception.Message}");
        }
    }

    // One application has several of them, and the exception's message is all that most people see.
    private static string Describe(string? name) => string.IsNullOrEmpty(name) ? "The unnamed Bloom filter" : $"The Bloom filter '{name}'";
}
