using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The instruments of a container's indexes. They read the indexes' counters when a listener asks.</summary>
internal sealed class AutocompleteMetrics
{
    private const string MeterName = "Primitives.Autocomplete";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?> Tag, LiveAutocompleteIndex Index)> _observed = [];

    public AutocompleteMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableGauge("primitives.autocomplete.terms", () => Read(static s => s.Terms), "{term}", "Terms that an index holds.");
        _meter?.CreateObservableGauge(
            "primitives.autocomplete.changed_terms", () => Read(static s => s.ChangedTerms), "{term}", "Terms changed since the last compaction.");
        _meter?.CreateObservableCounter("primitives.autocomplete.queries", () => Read(static s => s.Queries), "{query}", "Queries answered.");
        _meter?.CreateObservableCounter(
            "primitives.autocomplete.compactions", () => Read(static s => s.Compactions), "{compaction}", "Compactions published.");
    }

    public void Observe(string name, LiveAutocompleteIndex index) =>
        ImmutableInterlocked.Update(
            ref _observed, static (list, item) => list.Add(item), (new KeyValuePair<string, object?>("primitives.autocomplete.name", name), index));

    private IEnumerable<Measurement<long>> Read(Func<AutocompleteStatistics, long> counter)
    {
        foreach ((KeyValuePair<string, object?> tag, LiveAutocompleteIndex index) in _observed)
        {
            yield return new Measurement<long>(counter(index.Statistics), tag);
        }
    }
}
