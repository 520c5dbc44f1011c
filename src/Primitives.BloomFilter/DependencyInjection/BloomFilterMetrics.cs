using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The gauges of a container's filters. They read the bits when a listener asks, so adding pays nothing for
/// it.</summary>
internal sealed class BloomFilterMetrics
{
    private const string MeterName = "Primitives.BloomFilter";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?> Tag, BloomFilter Filter)> _observed = [];

    public BloomFilterMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableGauge(
            "primitives.bloom_filter.items", () => Read(filter => filter.EstimateCountFromSample()), "{key}", "Estimated number of distinct keys.");
        _meter?.CreateObservableGauge(
            "primitives.bloom_filter.saturation", () => Read(filter => filter.EstimateCountFromSample() / filter.Capacity), "1",
            "Estimated number of distinct keys over the capacity; above 1 the promised rate is exceeded.");
        _meter?.CreateObservableGauge(
            "primitives.bloom_filter.false_positive_rate", () => Read(filter => filter.ExpectedFalsePositiveRate), "1",
            "Probability that an absent key is now reported present.");
    }

    public void Observe(string name, BloomFilter filter) =>
        ImmutableInterlocked.Update(
            ref _observed, static (list, item) => list.Add(item), (new KeyValuePair<string, object?>("primitives.bloom_filter.name", name), filter));

    private IEnumerable<Measurement<double>> Read(Func<BloomFilter, double> value) =>
        _observed.Select(observed => new Measurement<double>(value(observed.Filter), observed.Tag));
}
