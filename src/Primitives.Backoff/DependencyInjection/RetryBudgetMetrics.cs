using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Primitives;

/// <summary>The instruments of a container's budgets. They read the budgets' counters when a listener asks.</summary>
internal sealed class RetryBudgetMetrics : IDisposable
{
    private const string MeterName = "Primitives.Backoff";

    private readonly Meter? _meter; // the factory's to dispose
    private ImmutableList<(KeyValuePair<string, object?> Tag, RetryBudget Budget)> _observed = [];
    private ImmutableList<IDisposable> _subscriptions = [];

    public RetryBudgetMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName);
        _meter?.CreateObservableCounter(
            "primitives.retry_budget.granted", () => Read(static budget => budget.Granted), "{retry}", "Retries the budget allowed.");
        _meter?.CreateObservableCounter(
            "primitives.retry_budget.refused", () => Read(static budget => budget.Refused), "{retry}", "Retries the budget refused.");
    }

    /// <param name="name">The budget's name.</param>
    /// <param name="budget">The budget to report.</param>
    /// <param name="reloads">What keeps its limits up to date, to be disposed with the container.</param>
    public void Observe(string name, RetryBudget budget, IDisposable? reloads)
    {
        ImmutableInterlocked.Update(
            ref _observed, static (list, item) => list.Add(item), (new KeyValuePair<string, object?>("name", name), budget));
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

    private IEnumerable<Measurement<long>> Read(Func<RetryBudget, long> counter)
    {
        foreach ((KeyValuePair<string, object?> tag, RetryBudget budget) in _observed)
        {
            yield return new Measurement<long>(counter(budget), tag);
        }
    }
}
