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
            "primitives.rate_limiting.granted", () => Read(static s => s.TotalSuccessfulLeases, static t => t.Granted), "{request}", "Requests granted.");
        _meter.CreateObservableCounter(
            "primitives.rate_limiting.refused", () => Read(static s => s.TotalFailedLeases, static t => t.Refused), "{request}", "Requests refused.");
        _meter.CreateObservableGauge(
            "primitives.rate_limiting.available", () => Read(static s => s.CurrentAvailablePermits), "{permit}", "Permits left.");
        _meter.CreateObservableGauge(
            "primitives.rate_limiting.queued", () => Read(static s => s.CurrentQueuedCount), "{permit}", "Permits waited for.");
        _meter.CreateObservableCounter(
            "primitives.rate_limiting.overflowed", Overflows, "{request}", "Keys that found no place in a table, by what became of them.");
    }

    public void Observe(string name, QuotaLimiter limiter) =>
        Add(name, limiter.GetType().Name, limiter.GetStatistics, null);

    public void Observe<TKey>(string name, KeyedRateLimiter<TKey> limiter)
        where TKey : notnull =>
        Add(name, $"{nameof(KeyedRateLimiter<>)}<{typeof(TKey).Name}>", null, () => limiter.Totals);

    // The type, too: two limiters of different types may have the same name, or none.
    private void Add(string name, string type, Func<RateLimiterStatistics?>? statistics, Func<KeyedRateLimiterTotals>? totals) =>
        ImmutableInterlocked.Update(
            ref _observed,
            static (list, item) => list.Add(item),
            new Observed([new("primitives.rate_limiting.name", name), new("primitives.rate_limiting.type", type)], statistics, totals));

    // A table of keys has no one number of permits left, and nobody waits there.
    private IEnumerable<Measurement<long>> Read(Func<RateLimiterStatistics, long> value, Func<KeyedRateLimiterTotals, long>? keyed = null)
    {
        foreach (Observed observed in _observed)
        {
            if (observed.Statistics?.Invoke() is { } statistics)
            {
                yield return new Measurement<long>(value(statistics), observed.Tags);
            }
            else if (keyed is not null && observed.Totals?.Invoke() is { } totals)
            {
                yield return new Measurement<long>(keyed(totals), observed.Tags);
            }
        }
    }

    private IEnumerable<Measurement<long>> Overflows()
    {
        foreach (Observed observed in _observed)
        {
            if (observed.Totals?.Invoke() is { } totals)
            {
                yield return new Measurement<long>(totals.OverflowRejected, [.. observed.Tags, new("outcome", "rejected")]);
                yield return new Measurement<long>(totals.OverflowEvicted, [.. observed.Tags, new("outcome", "evicted")]);
                yield return new Measurement<long>(totals.OverflowShared, [.. observed.Tags, new("outcome", "shared")]);
            }
        }
    }

    private sealed record Observed(
        KeyValuePair<string, object?>[] Tags, Func<RateLimiterStatistics?>? Statistics, Func<KeyedRateLimiterTotals>? Totals);
}
