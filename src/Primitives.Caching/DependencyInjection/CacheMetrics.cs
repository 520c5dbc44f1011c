using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The instruments of a container's caches, with the names .NET 11 gave those of its own. They read the caches'
/// counters when a listener asks, so a hit pays nothing for them.</summary>
internal sealed class CacheMetrics
{
    private const string MeterName = "Primitives.Caching";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<Observed> _observed = [];

    public CacheMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableCounter("cache.requests", Requests, "{request}", "Lookups, by whether they found a live value.");
        _meter?.CreateObservableCounter("cache.evictions", () => Read(static cache => cache.Statistics().Evictions), "{eviction}", "Entries that gave way to others.");
        _meter?.CreateObservableUpDownCounter("cache.entries", () => Read(static cache => cache.Count()), "{entry}", "Entries in the cache.");
        _meter?.CreateObservableGauge("cache.estimated_size", () => Read(static cache => cache.Weight()), "{unit}", "The weight of the entries in the cache.");
    }

    public void Observe<TKey, TValue>(string name, ICache<TKey, TValue> cache)
        where TKey : notnull
    {
        var observed = new Observed(
            new KeyValuePair<string, object?>("cache.name", name), () => cache.Statistics, () => cache.Count, () => cache.Weight);
        ImmutableInterlocked.Update(ref _observed, static (list, item) => list.Add(item), observed);
    }

    private IEnumerable<Measurement<long>> Requests()
    {
        foreach (Observed cache in _observed)
        {
            CacheStatistics statistics = cache.Statistics();
            yield return new Measurement<long>(statistics.Hits, cache.Name, new("cache.request.type", "hit"));
            yield return new Measurement<long>(statistics.Misses, cache.Name, new("cache.request.type", "miss"));
        }
    }

    private IEnumerable<Measurement<long>> Read(Func<Observed, long> read)
    {
        foreach (Observed cache in _observed)
        {
            yield return new Measurement<long>(read(cache), cache.Name);
        }
    }

    private sealed record Observed(
        KeyValuePair<string, object?> Name, Func<CacheStatistics> Statistics, Func<long> Count, Func<long> Weight);
}
