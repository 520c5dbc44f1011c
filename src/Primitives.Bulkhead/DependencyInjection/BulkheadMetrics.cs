using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The instruments of a container's bulkheads. They read what the bulkheads know when a listener asks.</summary>
internal sealed class BulkheadMetrics : IDisposable
{
    private const string MeterName = "Primitives.Bulkhead";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?> Tag, Bulkhead Bulkhead)> _observed = [];
    private ImmutableList<IDisposable> _subscriptions = [];

    public BulkheadMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableGauge("primitives.bulkhead.in_use", () => Read(static b => b.InUse), "{call}", "Calls running.");
        _meter?.CreateObservableGauge("primitives.bulkhead.queued", () => Read(static b => b.Queued), "{call}", "Calls waiting.");
        _meter?.CreateObservableGauge("primitives.bulkhead.max", () => Read(static b => b.MaxConcurrency), "{call}", "Calls that may run.");
        _meter?.CreateObservableCounter(
            "primitives.bulkhead.rejected", () => Read(static b => b.Statistics.Rejected), "{call}", "Calls refused for lack of room.");
        _meter?.CreateObservableCounter(
            "primitives.bulkhead.timed_out", () => Read(static b => b.Statistics.TimedOut), "{call}", "Calls refused after too long a wait.");
    }

    /// <param name="name">The bulkhead's name.</param>
    /// <param name="bulkhead">The bulkhead to report.</param>
    /// <param name="reloads">What keeps its concurrency up to date, to be disposed with the container.</param>
    public void Observe(string name, Bulkhead bulkhead, IDisposable? reloads)
    {
        ImmutableInterlocked.Update(
            ref _observed, static (list, item) => list.Add(item), (new KeyValuePair<string, object?>("name", name), bulkhead));
        if (reloads is not null)
        {
            ImmutableInterlocked.Update(ref _subscriptions, static (list, item) => list.Add(item), reloads);
        }
    }

    public void Dispose()
    {
        foreach (IDisposable subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }

    private IEnumerable<Measurement<long>> Read(Func<Bulkhead, long> value)
    {
        foreach ((KeyValuePair<string, object?> tag, Bulkhead bulkhead) in _observed)
        {
            yield return new Measurement<long>(value(bulkhead), tag);
        }
    }
}
