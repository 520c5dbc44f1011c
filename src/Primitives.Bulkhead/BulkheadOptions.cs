namespace Primitives;

/// <summary>The settings of a <see cref="Bulkhead"/>.</summary>
public sealed class BulkheadOptions
{
    /// <summary>Gets or sets how many may run at once.</summary>
    /// <value>10 by default. From 1 to <see cref="Bulkhead.MaxPlaces"/>. The one setting that a reload changes.</value>
    public int MaxConcurrency { get; set; } = 10;

    /// <summary>Gets or sets how many may wait.</summary>
    /// <value>0 by default: nobody waits. At most <see cref="Bulkhead.MaxPlaces"/>.</value>
    public int MaxQueue { get; set; }

    /// <summary>Gets or sets how long one may wait.</summary>
    /// <value>Without limit (<see cref="Timeout.InfiniteTimeSpan"/>) by default; else positive, at most 49 days.</value>
    public TimeSpan MaxWait { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets who is next.</summary>
    /// <value><see cref="BulkheadOrder.Fifo"/> by default.</value>
    public BulkheadOrder Order { get; set; }
}
