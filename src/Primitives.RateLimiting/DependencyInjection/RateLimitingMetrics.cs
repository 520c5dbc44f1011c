using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>
/// The instruments of a container's limiters. They read the limiters'
/// counters when a listener asks, so that a decision pays nothing for them.
/// </summary>
internal sealed class RateLimitingMetrics
{
    private const string MeterName = "Primitives.RateLimiting";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<Observed> _observed = [];

    public RateLimitingMetrics(IMeterFactory? meterFactory)
    {
        if (meterFactory is null)
        {
            return;
        }

        _meter = meterFactory.Create(MeterName);
        _meter.CreateObservableCounter(
            "primitives.rate_limiting.granted", () => Read(static s => s.TotalSuccessfulLeases), "{request}", "Requests granted.");
        _meter.CreateObservableCounter(
            "primitives.rate_limiting.refused", () => Read(static s => s.TotalFailedLeases), "{request}", "Requests refused.");
        _meter.CreateObservableGauge(
            "primitives.rate_limiting.available", () => Read(static s => s.CurrentAvailablePermits), "{permit}", "Permits left.");
        _meter.CreateObservableGauge(
            "primitives.rate_limiting.queued", () => Read(static s => s.CurrentQueuedCount), "{permit}", "Permits waited for.");
        _meter.CreateObservableCounter(
            "primitives.rate_limiting.overflowed", Overflows, "{request}", "Keys that found no place in a table, by what became of them.");
    }

    public void Observe(string name, Func<RateLimiterStatistics?> read) =>
        Add(new Observed(new("primitives.rate_limiting.name", name), read, null));

    public void ObserveKeyed(string name, Func<KeyedRateLimiterTotals> read) =>
        Add(new Observed(new("primitives.rate_limiting.name", name), null, read));

    private void Add(Observed observed) =>
        ImmutableInterlocked.Update(ref _observed, static (list, item) => list.Add(item), observed);

    private IEnumerable<Measurement<long>> Read(Func<RateLimiterStatistics, long> value)
    {
        foreach (Observed observed in _observed)
        {
            if (observed.Statistics?.Invoke() is { } statistics)
            {
                yield return new Measurement<long>(value(statistics), observed.Tag);
            }
            else if (observed.Totals?.Invoke() is { } totals)
            {
                yield return new Measurement<long>(
                    value(new RateLimiterStatistics { TotalSuccessfulLeases = totals.Granted, TotalFailedLeases = totals.Refused }), observed.Tag);
            }
        }
    }

    private IEnumerable<Measurement<long>> Overflows()
    {
        foreach (Observed observed in _observed)
        {
            if (observed.Totals?.Invoke() is { } totals)
            {
                yield return new Measurement<long>(totals.OverflowRejected, observed.Tag, new("outcome", "rejected"));
                yield return new Measurement<long>(totals.OverflowEvicted, observed.Tag, new("outcome", "evicted"));
                yield return new Measurement<long>(totals.OverflowShared, observed.Tag, new("outcome", "shared"));
            }
        }
    }

    private sealed record Observed(
        KeyValuePair<string, object?> Tag, Func<RateLimiterStatistics?>? Statistics, Func<KeyedRateLimiterTotals>? Totals);
}
