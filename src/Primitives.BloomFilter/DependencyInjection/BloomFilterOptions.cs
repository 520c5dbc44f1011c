namespace Primitives;

/// <summary>The settings of a <see cref="BloomFilter"/> that a container creates.</summary>
public sealed class BloomFilterOptions
{
    /// <summary>Gets or sets the number of distinct keys up to which the rate is to hold.</summary>
    /// <value>0 by default, which is refused: nobody else knows how many keys there will be. At least 1.</value>
    public long Capacity { get; set; }

    /// <summary>Gets or sets the promised rate.</summary>
    /// <value>0.01 by default, one in a hundred. Between 0 and 1, both exclusive.</value>
    public double FalsePositiveRate { get; set; } = 0.01;

    /// <summary>Gets or sets how bits are spread.</summary>
    /// <value><see cref="BloomFilterLayout.Automatic"/> by default.</value>
    public BloomFilterLayout Layout { get; set; }

    /// <summary>Gets or sets whether only one thread at a time will change the filter.</summary>
    /// <value><see langword="false"/> by default: any number of threads may.</value>
    public bool SingleWriter { get; set; }
}
