using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The gauge of a container's sketches. It estimates when a listener asks, so adding pays nothing for it.</summary>
internal sealed class HyperLogLogMetrics
{
    private const string MeterName = "Primitives.HyperLogLog";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?> Tag, HyperLogLog Sketch)> _observed = [];

    public HyperLogLogMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableGauge("primitives.hyperloglog.estimate", Estimates, "{key}", "Estimated number of distinct keys.");
    }

    public void Observe(string name, HyperLogLog sketch) =>
        ImmutableInterlocked.Update(
            ref _observed, static (list, item) => list.Add(item), (new KeyValuePair<string, object?>("primitives.hyperloglog.name", name), sketch));

    private IEnumerable<Measurement<double>> Estimates()
    {
        foreach ((KeyValuePair<string, object?> tag, HyperLogLog sketch) in _observed)
        {
            yield return new Measurement<double>(sketch.Estimate(), tag);
        }
    }
}
