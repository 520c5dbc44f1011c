using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Refuses options that make no ring, by trying: the ring's own checks are the only ones.</summary>
internal sealed class HashRingOptionsValidator<TNode> : IValidateOptions<HashRingOptions<TNode>>
    where TNode : notnull
{
    public ValidateOptionsResult Validate(string? name, HashRingOptions<TNode> options)
    {
        try
        {
            options.CreateRing();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail(exception.Message);
        }
    }
}
