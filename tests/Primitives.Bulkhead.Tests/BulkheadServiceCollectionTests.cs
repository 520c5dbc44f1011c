using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public class BulkheadServiceCollectionTests
{
    [Fact]
    public void Bulkheads_are_singletons_by_name_and_their_concurrency_follows_the_configuration()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MaxConcurrency"] = "3",
            ["MaxQueue"] = "4",
            ["MaxWait"] = "00:00:02",
            ["Order"] = "Priority",
        }).Build();
        var collection = new ServiceCollection();
        Assert.Same(collection, collection.AddBulkhead().AddBulkhead().AddBulkhead("payments"));
        collection.AddOptions<BulkheadOptions>("payments").Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();
        Bulkhead bulkhead = services.GetRequiredKeyedService<Bulkhead>("payments");

        Assert.NotSame(bulkhead, Assert.Single(services.GetServices<Bulkhead>()));
        Assert.Equal((3, 4), (bulkhead.MaxConcurrency, bulkhead.MaxQueue));
        BulkheadOptions options = services.GetRequiredService<IOptionsMonitor<BulkheadOptions>>().Get("payments");
        Assert.Equal((TimeSpan.FromSeconds(2), BulkheadOrder.Priority), (options.MaxWait, options.Order));
        configuration["MaxConcurrency"] = "7";
        configuration.Reload();
        Assert.Equal(7, bulkhead.MaxConcurrency);
        configuration["MaxConcurrency"] = "0";
        Assert.Throws<AggregateException>(configuration.Reload);
        Assert.Equal(7, bulkhead.MaxConcurrency);
    }

    [Fact]
    public void A_bad_setting_stops_the_application_at_start()
    {
        using ServiceProvider services = new ServiceCollection().AddBulkhead("payments", o => o.MaxQueue = -1).BuildServiceProvider();
        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal(("payments", "MaxQueue is -1; it must be from 0 to 1048575."), (refusal.OptionsName, refusal.Message));
    }

    [Fact]
    public void Instruments_report_what_is_in_it_by_name()
    {
        using var factory = new MeterFactory();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IMeterFactory>(factory)
            .AddBulkhead("payments", o => (o.MaxConcurrency, o.MaxQueue) = (1, 1))
            .BuildServiceProvider();
        Bulkhead bulkhead = services.GetRequiredKeyedService<Bulkhead>("payments");
        var measured = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured[$"{tags[0].Value} {instrument.Name["primitives.bulkhead.".Length..]}"] = value);
        listener.Start();

        bulkhead.TryAcquire(out _);
        _ = bulkhead.AcquireAsync().AsTask();
        bulkhead.TryAcquire(out _);
        listener.RecordObservableInstruments();

        Assert.Equal(
            "payments in_use=1, payments max=1, payments queued=1, payments rejected=1, payments timed_out=0",
            string.Join(", ", measured.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentNullException>("services", () => BulkheadServiceCollectionExtensions.AddBulkhead(null!));
        Assert.Throws<ArgumentNullException>("services", () => BulkheadServiceCollectionExtensions.AddBulkhead(null!, "payments"));
        Assert.Throws<ArgumentNullException>("name", () => new ServiceCollection().AddBulkhead((string)null!));
        Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddBulkhead(""));
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
