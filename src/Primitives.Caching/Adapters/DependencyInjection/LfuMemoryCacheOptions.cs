namespace Primitives;

/// <summary>The settings of an <see cref="LfuMemoryCache"/> that a container creates.</summary>
public sealed class LfuMemoryCacheOptions
{
    /// <summary>Gets or sets the bound of the sizes of all entries together; an entry without a size counts 1.</summary>
    /// <value>At least 1. There is no default: frameworks put their entries here too, mostly with size 1.</value>
    public long SizeLimit { get; set; }

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(SizeLimit, 1);
}
