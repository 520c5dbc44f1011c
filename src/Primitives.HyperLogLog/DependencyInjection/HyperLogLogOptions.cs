namespace Primitives;

/// <summary>The settings of a <see cref="HyperLogLog"/> that a container creates.</summary>
public sealed class HyperLogLogOptions
{
    /// <summary>Gets or sets log2 of the number of registers.</summary>
    /// <value>14 by default: 16 KB and an error of 0.81 %. From <see cref="HyperLogLog.MinPrecision"/> to
    /// <see cref="HyperLogLog.MaxPrecision"/>.</value>
    public int Precision { get; set; } = 14;

    /// <summary>Gets or sets whether to keep <see cref="HyperLogLog.MartingaleEstimate"/> as well.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool TrackMartingale { get; set; }
}
