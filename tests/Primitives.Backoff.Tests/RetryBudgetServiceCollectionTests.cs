using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Primitives.Testing;

namespace Primitives.Tests;

public class RetryBudgetServiceCollectionTests
{
    [Fact]
    public void Budgets_are_singletons_by_name_on_the_containers_clock()
    {
        var time = new ManualTimeProvider();
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(time);
        Assert.Same(collection, collection.AddRetryBudget(o => (o.Ratio, o.ReservePerSecond) = (0, 1)).AddRetryBudget());
        Assert.Same(collection, collection.AddRetryBudget("payments", o => o.Kind = RetryBudgetKind.Grpc));
        using ServiceProvider services = collection.BuildServiceProvider();
        RetryBudget budget = services.GetRequiredService<RetryBudget>();

        Assert.Same(budget, services.GetRequiredService<RetryBudget>());
        Assert.Single(services.GetServices<RetryBudget>());
        Assert.NotSame(budget, services.GetRequiredKeyedService<RetryBudget>("payments"));
        Assert.Equal([true, false], [budget.TryRetry(), budget.TryRetry()]);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(budget.TryRetry());
    }

    [Theory]
    [InlineData("Ratio", "11", "Ratio is 11; it must be from 0 to 10.")]
    [InlineData("Ratio", "NaN", "Ratio is NaN; it must be from 0 to 10.")]
    [InlineData("ReservePerSecond", "-1", "ReservePerSecond is -1; it must be from 0 to 1,000,000.")]
    [InlineData("Burst", "0", "Burst is 0; it must be from 1 to 1,000,000.")]
    [InlineData("Minimum", "-1", "Minimum is -1; it must be from 0 to 1,000,000.")]
    [InlineData("Kind", "7", "Kind is 7; it must be a kind of budget.")]
    public void A_bad_setting_stops_the_application_at_start(string setting, string value, string message)
    {
        var collection = new ServiceCollection();
        collection.AddRetryBudget("payments");
        collection.AddOptions<RetryBudgetOptions>("payments").Bind(Configuration((setting, value)));
        using ServiceProvider services = collection.BuildServiceProvider();

        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal(("payments", message), (refusal.OptionsName, refusal.Message));
    }

    [Fact]
    public void Limits_follow_the_configuration_and_what_was_saved_stays()
    {
        IConfigurationRoot configuration = Configuration(("Ratio", "1"), ("ReservePerSecond", "0"), ("Burst", "2"), ("Minimum", "5"));
        var collection = new ServiceCollection();
        collection.AddRetryBudget("payments");
        collection.AddOptions<RetryBudgetOptions>("payments").Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();
        RetryBudget budget = services.GetRequiredKeyedService<RetryBudget>("payments");
        budget.OnRequest();
        budget.OnRequest();

        Set(configuration, ("Ratio", "0.5"));
        budget.OnRequest();
        Assert.Equal([true, true, false], [budget.TryRetry(), budget.TryRetry(), budget.TryRetry()]);
        budget.OnRequest();
        Assert.False(budget.TryRetry()); // half a retry now

        Set(configuration, ("Ratio", "-3")); // passed over
        Set(configuration, ("Ratio", "1"), ("Kind", "Grpc")); // so is this
        budget.OnRequest();
        Assert.Equal([true, false], [budget.TryRetry(), budget.TryRetry()]);
        Assert.Equal(5, typeof(RetryBudgetOptions).GetProperties().Length); // all of them bind
    }

    [Fact]
    public void Instruments_report_what_was_granted_and_refused_by_name()
    {
        using var factory = new MeterFactory();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IMeterFactory>(factory)
            .AddRetryBudget("payments", o => (o.Ratio, o.ReservePerSecond) = (1, 0))
            .BuildServiceProvider();
        RetryBudget budget = services.GetRequiredKeyedService<RetryBudget>("payments");
        var measured = new Dictionary<(string, string), long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                Assert.Equal("Primitives.Backoff", instrument.Meter.Name);
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured[(instrument.Name, (string)tags[0].Value!)] = value);
        listener.Start();

        budget.OnRequest();
        Assert.Equal([true, false, false], [budget.TryRetry(), budget.TryRetry(), budget.TryRetry()]);
        listener.RecordObservableInstruments();

        Assert.Equal(
            new Dictionary<(string, string), long>
            {
                [("primitives.retry_budget.granted", "payments")] = 1,
                [("primitives.retry_budget.refused", "payments")] = 2,
            },
            measured);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentNullException>("services", () => RetryBudgetServiceCollectionExtensions.AddRetryBudget(null!));
        Assert.Throws<ArgumentNullException>("services", () => RetryBudgetServiceCollectionExtensions.AddRetryBudget(null!, "payments"));
        Assert.Throws<ArgumentNullException>("name", () => new ServiceCollection().AddRetryBudget((string)null!));
        Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddRetryBudget(""));
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)))
            .Build();

    private static void Set(IConfigurationRoot configuration, params (string Key, string Value)[] settings)
    {
        foreach ((string key, string value) in settings)
        {
            configuration[key] = value;
        }

        try
        {
            configuration.Reload();
        }
        catch (AggregateException)
        {
            // What the reload of bad settings throws goes to whoever changed the configuration.
        }
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            _meters.Add(new Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
