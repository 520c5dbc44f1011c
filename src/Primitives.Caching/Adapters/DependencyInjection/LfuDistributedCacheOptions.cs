namespace Primitives;

/// <summary>The settings of an <see cref="LfuDistributedCache"/> that a container creates.</summary>
public sealed class LfuDistributedCacheOptions
{
    /// <summary>Gets or sets the bound, in bytes of keys, values and bookkeeping.</summary>
    /// <value>200 MiB by default, as in the platform's in-memory one. At least 1.</value>
    public long Capacity { get; set; } = 200 * 1024 * 1024;

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1);
}
