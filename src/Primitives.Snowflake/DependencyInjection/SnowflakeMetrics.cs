using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>
/// The instruments of a container's generators. They read the generators' counters when a listener asks, so making ids
/// pays nothing for them.
/// </summary>
internal sealed class SnowflakeMetrics
{
    private const string MeterName = "Primitives.Snowflake";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?>[] Tags, SnowflakeGenerator Generator)> _observed = [];

    public SnowflakeMetrics(IMeterFactory? meterFactory)
    {
        if (meterFactory is null)
        {
            return;
        }

        _meter = meterFactory.Create(MeterName);
        _meter.CreateObservableCounter(
            "primitives.snowflake.overflows", () => Read(static s => s.Overflows), "{overflow}", "Ticks whose sequence ran out.");
        _meter.CreateObservableCounter(
            "primitives.snowflake.waits", () => Read(static s => s.Waits), "{wait}", "Callers that had to wait for a tick.");
        _meter.CreateObservableCounter(
            "primitives.snowflake.clock_rollbacks", () => Read(static s => s.ClockRollbacks), "{rollback}", "Times the clock went back.");
        _meter.CreateObservableGauge(
            "primitives.snowflake.ticks_ahead", () => Read(static s => s.TicksAhead), "{tick}", "Ticks by which the last id is ahead of the clock.");
    }

    public void Observe(string name, SnowflakeGenerator generator)
    {
        KeyValuePair<string, object?>[] tags =
        [
            new("primitives.snowflake.name", name),
            new("primitives.snowflake.worker", generator.WorkerId),
        ];
        ImmutableInterlocked.Update(ref _observed, static (list, item) => list.Add(item), (tags, generator));
    }

    private IEnumerable<Measurement<long>> Read(Func<SnowflakeStatistics, long> counter)
    {
        foreach ((KeyValuePair<string, object?>[] tags, SnowflakeGenerator generator) in _observed)
        {
            yield return new Measurement<long>(counter(generator.Statistics), tags);
        }
    }
}
