using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The instruments of a container's breakers. They read the breakers' counters when a listener asks, so calls pay
/// nothing for them.</summary>
internal sealed class CircuitBreakerMetrics : IDisposable
{
    private const string MeterName = "Primitives.CircuitBreaker";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(string Name, CircuitBreaker Breaker)> _observed = [];
    private ImmutableList<(string Name, Func<int> Keys, Func<int> NotClosed)> _sets = [];
    private ImmutableList<IDisposable> _subscriptions = [];

    public CircuitBreakerMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableGauge(
            "primitives.circuit_breaker.state", States, "{state}", "0 closed, 1 open, 2 half-open, 3 isolated, 4 disabled.");
        _meter?.CreateObservableCounter("primitives.circuit_breaker.calls", Calls, "{call}", "Calls that counted, by outcome.");
        _meter?.CreateObservableCounter(
            "primitives.circuit_breaker.rejected", () => Read(static s => s.Rejected), "{call}", "Calls refused.");
        _meter?.CreateObservableCounter(
            "primitives.circuit_breaker.stale", () => Read(static s => s.Stale), "{call}", "Outcomes that came too late to count.");
        _meter?.CreateObservableCounter(
            "primitives.circuit_breaker.opens", () => Read(static s => s.Opened), "{open}", "Times the breaker opened.");
        _meter?.CreateObservableGauge(
            "primitives.circuit_breaker.set.keys", () => ReadSets(static set => set.Keys), "{key}", "Keys remembered.");
        _meter?.CreateObservableGauge(
            "primitives.circuit_breaker.set.not_closed", () => ReadSets(static set => set.NotClosed), "{key}", "Keys whose breaker is not closed.");
    }

    /// <param name="name">The breaker's name.</param>
    /// <param name="breaker">The breaker to report.</param>
    /// <param name="reloads">What keeps its settings up to date, to be disposed with the container.</param>
    public void Observe(string name, CircuitBreaker breaker, IDisposable? reloads)
    {
        ImmutableInterlocked.Update(ref _observed, static (list, item) => list.Add(item), (name, breaker));
        Keep(reloads);
    }

    /// <param name="name">The set's name.</param>
    /// <param name="keys">How many keys it has.</param>
    /// <param name="notClosed">How many of their breakers are not closed.</param>
    /// <param name="reloads">What keeps its settings up to date, to be disposed with the container.</param>
    public void ObserveSet(string name, Func<int> keys, Func<int> notClosed, IDisposable? reloads)
    {
        ImmutableInterlocked.Update(ref _sets, static (list, item) => list.Add(item), (name, keys, notClosed));
        Keep(reloads);
    }

    public void Dispose()
    {
        foreach (IDisposable subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }

    private static KeyValuePair<string, object?> NameTag(string name) => new("name", name);

    private void Keep(IDisposable? reloads)
    {
        if (reloads is not null)
        {
            ImmutableInterlocked.Update(ref _subscriptions, static (list, item) => list.Add(item), reloads);
        }
    }

    private IEnumerable<Measurement<int>> ReadSets(Func<(string Name, Func<int> Keys, Func<int> NotClosed), Func<int>> value)
    {
        foreach ((string Name, Func<int> Keys, Func<int> NotClosed) set in _sets)
        {
            yield return new Measurement<int>(value(set)(), NameTag(set.Name));
        }
    }

    private IEnumerable<Measurement<int>> States()
    {
        foreach ((string name, CircuitBreaker breaker) in _observed)
        {
            yield return new Measurement<int>((int)breaker.State, NameTag(name));
        }
    }

    private IEnumerable<Measurement<long>> Calls()
    {
        foreach ((string name, CircuitBreaker breaker) in _observed)
        {
            CircuitStatistics statistics = breaker.Statistics;
            yield return new Measurement<long>(statistics.Succeeded, NameTag(name), new("outcome", "success"));
            yield return new Measurement<long>(statistics.Failed, NameTag(name), new("outcome", "failure"));
            yield return new Measurement<long>(statistics.Ignored, NameTag(name), new("outcome", "ignored"));
        }
    }

    private IEnumerable<Measurement<long>> Read(Func<CircuitStatistics, long> counter)
    {
        foreach ((string name, CircuitBreaker breaker) in _observed)
        {
            yield return new Measurement<long>(counter(breaker.Statistics), NameTag(name));
        }
    }
}
