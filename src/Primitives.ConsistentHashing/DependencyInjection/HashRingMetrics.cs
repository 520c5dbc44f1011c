using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>
/// The instruments of a container's rings. They read the current ring when a listener asks, so lookups and updates pay
/// nothing for them.
/// </summary>
internal sealed class HashRingMetrics
{
    private const string MeterName = "Primitives.ConsistentHashing";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?>[] Tags, Func<(int Nodes, int Points)> Read)> _observed = [];

    public HashRingMetrics(IMeterFactory? meterFactory)
    {
        if (meterFactory is null)
        {
            return;
        }

        _meter = meterFactory.Create(MeterName);
        _meter.CreateObservableGauge(
            "primitives.consistent_hashing.nodes", () => Read(static ring => ring.Nodes), "{node}", "Nodes on the ring.");
        _meter.CreateObservableGauge(
            "primitives.consistent_hashing.points", () => Read(static ring => ring.Points), "{point}", "Points of all nodes on the ring.");
    }

    public void Observe<TNode>(string name, HashRingRouter<TNode> router)
        where TNode : notnull
    {
        KeyValuePair<string, object?>[] tags =
        [
            new("primitives.consistent_hashing.name", name),
            new("primitives.consistent_hashing.node_type", typeof(TNode).Name),
        ];
        Func<(int Nodes, int Points)> read = () =>
        {
            HashRing<TNode> ring = router.Ring;
            return (ring.NodeCount, ring.PointCount);
        };
        ImmutableInterlocked.Update(ref _observed, static (list, item) => list.Add(item), (tags, read));
    }

    private IEnumerable<Measurement<int>> Read(Func<(int Nodes, int Points), int> gauge)
    {
        foreach ((KeyValuePair<string, object?>[] tags, Func<(int Nodes, int Points)> read) in _observed)
        {
            yield return new Measurement<int>(gauge(read()), tags);
        }
    }
}
