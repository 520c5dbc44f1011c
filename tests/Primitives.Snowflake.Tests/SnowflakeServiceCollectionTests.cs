using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeServiceCollectionTests
{
    [Fact]
    public void The_generator_is_a_singleton_on_the_containers_clock()
    {
        var time = new ManualTimeProvider();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSnowflakeIds(o => (o.WorkerId, o.Layout) = (3, Small))
            .BuildServiceProvider();
        SnowflakeGenerator ids = services.GetRequiredService<SnowflakeGenerator>();

        Assert.Same(ids, services.GetRequiredService<SnowflakeGenerator>());
        Assert.Equal((0, 0), ids.Place(ids.Next(), time));
    }

    [Fact]
    public void Named_generators_have_their_own_options_and_keys()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddSnowflakeIds(o => o.WorkerId = 1)
            .AddSnowflakeIds("orders", o => (o.WorkerId, o.Layout) = (2, SnowflakeLayout.Sonyflake))
            .AddSnowflakeIds("users", o => o.WorkerId = 3)
            .BuildServiceProvider();

        Assert.Equal(1, services.GetRequiredService<SnowflakeGenerator>().WorkerId);
        Assert.Equal(2, services.GetRequiredKeyedService<SnowflakeGenerator>("orders").WorkerId);
        Assert.Same(SnowflakeLayout.Sonyflake, services.GetRequiredKeyedService<SnowflakeGenerator>("orders").Layout);
        Assert.Equal(3, services.GetRequiredKeyedService<SnowflakeGenerator>("users").WorkerId);
        Assert.Null(services.GetKeyedService<SnowflakeGenerator>("others"));
    }

    [Fact]
    public void Adding_twice_adds_one_generator_and_applies_both_configurations()
    {
        var collection = new ServiceCollection();
        Assert.Same(collection, collection.AddSnowflakeIds(o => o.WorkerId = 1).AddSnowflakeIds(o => o.RandomSequenceStart = true));
        Assert.Same(collection, collection.AddSnowflakeIds("orders", o => o.WorkerId = 2).AddSnowflakeIds("orders"));

        Assert.Equal(2, collection.Count(service => service.ServiceType == typeof(SnowflakeGenerator)));
        using ServiceProvider services = collection.BuildServiceProvider();
        Assert.Single(services.GetServices<SnowflakeGenerator>());
        Assert.Single(services.GetServices<IValidateOptions<SnowflakeOptions>>());
        SnowflakeOptions options = services.GetRequiredService<IOptions<SnowflakeOptions>>().Value;
        Assert.Equal((1, true), (options.WorkerId, options.RandomSequenceStart));
    }

    [Fact]
    public void A_generator_registered_before_is_kept()
    {
        var own = new SnowflakeGenerator(9);
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton(own)
            .AddSnowflakeIds(o => o.WorkerId = 1)
            .BuildServiceProvider();

        Assert.Same(own, services.GetRequiredService<SnowflakeGenerator>());
    }

    [Fact]
    public void A_missing_worker_id_stops_the_application_at_start()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddSnowflakeIds(o => o.WorkerId = 1)
            .AddSnowflakeIds("orders")
            .BuildServiceProvider();

        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal("orders", refusal.OptionsName);
        Assert.Contains("WorkerId must be set", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<SnowflakeGenerator>("orders"));
    }

    [Fact]
    public void A_worker_id_that_does_not_fit_stops_the_application_at_start()
    {
        using ServiceProvider services = new ServiceCollection().AddSnowflakeIds(o => o.WorkerId = 1024).BuildServiceProvider();

        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains("WorkerId is 1024", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_binds_from_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["WorkerId"] = "5",
            ["Layout:TimestampBits"] = "40",
            ["Layout:WorkerBits"] = "7",
            ["Layout:SequenceBits"] = "9",
            ["Layout:Epoch"] = "2026-02-03T00:00:00Z",
            ["Layout:Tick"] = "00:00:00.010",
            ["Layout:Order"] = "SequenceThenWorker",
            ["Overflow"] = "Borrow",
            ["Rollback"] = "Throw",
            ["MaxAhead"] = "00:00:02",
            ["RandomSequenceStart"] = "true",
            ["SequenceSeed"] = "17",
        }).Build();
        var collection = new ServiceCollection();
        collection.AddSnowflakeIds("orders");
        collection.AddOptions<SnowflakeOptions>("orders").Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();

        SnowflakeOptions options = services.GetRequiredService<IOptionsMonitor<SnowflakeOptions>>().Get("orders");

        Assert.Equal(5, options.WorkerId);
        Assert.Equal(
            new SnowflakeLayout(
                40, 7, 9, new DateTimeOffset(2026, 2, 3, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromMilliseconds(10), SnowflakeFieldOrder.SequenceThenWorker),
            options.Layout);
        Assert.Equal(
            (SequenceOverflow.Borrow, ClockRollback.Throw, TimeSpan.FromSeconds(2), true, 17L),
            (options.Overflow, options.Rollback, options.MaxAhead, options.RandomSequenceStart, options.SequenceSeed));
        Assert.Equal(7, typeof(SnowflakeOptions).GetProperties().Length); // all of them
        Assert.Equal(5, services.GetRequiredKeyedService<SnowflakeGenerator>("orders").WorkerId);
    }

    [Fact]
    public void A_layout_from_configuration_may_leave_out_tick_and_order()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["WorkerId"] = "5",
            ["Layout:TimestampBits"] = "41",
            ["Layout:WorkerBits"] = "10",
            ["Layout:SequenceBits"] = "12",
            ["Layout:Epoch"] = "2026-01-01T00:00:00Z",
        }).Build();

        SnowflakeOptions options = configuration.Get<SnowflakeOptions>()!;

        Assert.Equal(SnowflakeLayout.Twitter.WithEpoch(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), options.Layout);
    }

    [Fact]
    public void High_water_marks_come_from_the_container_under_the_generators_own_key()
    {
        var time = new ManualTimeProvider();
        var unnamed = new RecordedMark();
        var orders = new RecordedMark();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IHighWaterMark>(unnamed)
            .AddKeyedSingleton<IHighWaterMark>("orders", orders)
            .AddSnowflakeIds(o => o.WorkerId = 1)
            .AddSnowflakeIds("orders", o => o.WorkerId = 2)
            .AddSnowflakeIds("users", o => o.WorkerId = 3)
            .BuildServiceProvider();

        services.GetRequiredService<SnowflakeGenerator>().Next();
        Assert.Equal((1, 0), (unnamed.Writes, orders.Writes));
        services.GetRequiredKeyedService<SnowflakeGenerator>("orders").Next();
        Assert.Equal((1, 1), (unnamed.Writes, orders.Writes));
        services.GetRequiredKeyedService<SnowflakeGenerator>("users").Next();
        Assert.Equal((1, 1), (unnamed.Writes, orders.Writes));
    }

    [Fact]
    public void Instruments_report_the_counters_of_every_generator_by_name()
    {
        var time = new ManualTimeProvider();
        using var factory = new MeterFactory();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IMeterFactory>(factory)
            .AddSnowflakeIds(o => (o.WorkerId, o.Layout, o.Overflow) = (1, Small, SequenceOverflow.Borrow))
            .AddSnowflakeIds("orders", o => (o.WorkerId, o.Layout, o.Overflow) = (2, Small, SequenceOverflow.Throw))
            .BuildServiceProvider();
        SnowflakeGenerator unnamed = services.GetRequiredService<SnowflakeGenerator>();
        SnowflakeGenerator orders = services.GetRequiredKeyedService<SnowflakeGenerator>("orders");
        var measured = new Dictionary<(string Instrument, string Name, int Worker), long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                Assert.Equal("Primitives.Snowflake", instrument.Meter.Name);
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            Dictionary<string, object?> byName = new(tags.ToArray());
            measured[(instrument.Name, (string)byName["name"]!, (int)byName["worker"]!)] = value;
        });
        listener.Start();

        unnamed.Next(new long[11]);
        orders.Drain();
        time.AdvanceUtc(-Millisecond);
        orders.Drain();
        listener.RecordObservableInstruments();

        Assert.Equal(
            new Dictionary<(string, string, int), long>
            {
                [("primitives.snowflake.overflows", "", 1)] = 2,
                [("primitives.snowflake.overflows", "orders", 2)] = 2,
                [("primitives.snowflake.waits", "", 1)] = 0,
                [("primitives.snowflake.waits", "orders", 2)] = 0,
                [("primitives.snowflake.clock_rollbacks", "", 1)] = 0,
                [("primitives.snowflake.clock_rollbacks", "orders", 2)] = 1,
                [("primitives.snowflake.ticks_ahead", "", 1)] = 3,
                [("primitives.snowflake.ticks_ahead", "orders", 2)] = 1,
            },
            measured);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentNullException>("services", () => SnowflakeServiceCollectionExtensions.AddSnowflakeIds(null!));
        Assert.Throws<ArgumentNullException>("services", () => SnowflakeServiceCollectionExtensions.AddSnowflakeIds(null!, "orders"));
        Assert.Throws<ArgumentNullException>("name", () => new ServiceCollection().AddSnowflakeIds((string)null!));
        Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddSnowflakeIds(""));
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
