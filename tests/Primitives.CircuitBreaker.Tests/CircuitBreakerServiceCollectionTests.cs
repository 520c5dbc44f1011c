using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

public class CircuitBreakerServiceCollectionTests
{
    [Fact]
    public void Breakers_are_singletons_by_name_on_the_containers_clock()
    {
        var time = new ManualTimeProvider();
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(time);
        Assert.Same(collection, collection.AddCircuitBreaker(o => (o.MinimumThroughput, o.Break) = (1, Breaks)).AddCircuitBreaker());
        Assert.Same(collection, collection.AddCircuitBreaker("payments"));
        using ServiceProvider services = collection.BuildServiceProvider();
        CircuitBreaker breaker = services.GetRequiredService<CircuitBreaker>();

        Assert.Same(breaker, Assert.Single(services.GetServices<CircuitBreaker>()));
        Assert.NotSame(breaker, services.GetRequiredKeyedService<CircuitBreaker>("payments"));
        breaker.Trip();
        time.Advance(Second);
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
    }

    [Fact]
    public void A_bad_setting_stops_the_application_at_start()
    {
        using ServiceProvider services = new ServiceCollection().AddCircuitBreaker("payments", o => o.FailureRatio = 50).BuildServiceProvider();
        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal(("payments", "FailureRatio is 50; it must be more than 0 and at most 1."), (refusal.OptionsName, refusal.Message));
    }

    [Fact]
    public void Settings_follow_the_configuration_and_the_state_stays()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Window"] = "Count",
            ["WindowSize"] = "30",
            ["WindowDuration"] = "00:00:20",
            ["WindowSlices"] = "5",
            ["ConsecutiveFailures"] = "3",
            ["FailureRatio"] = "0.25",
            ["MinimumThroughput"] = "30",
            ["SlowCallThreshold"] = "00:00:02",
            ["SlowCallRatio"] = "0.8",
            ["BreakDuration"] = "00:00:03",
            ["MaxBreakDuration"] = "00:00:30",
            ["HalfOpenProbes"] = "3",
            ["HalfOpenConcurrency"] = "2",
            ["HalfOpenSuccessRatio"] = "0.6",
            ["ProbeTimeout"] = "00:00:07",
        }).Build();
        var collection = new ServiceCollection();
        collection.AddCircuitBreaker("payments");
        collection.AddOptions<CircuitBreakerOptions>("payments").Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();
        CircuitBreakerOptions options = services.GetRequiredService<IOptionsMonitor<CircuitBreakerOptions>>().Get("payments");
        Assert.Equal((CircuitWindowKind.Count, 30, 20 * Second, 5, 3), (options.Window, options.WindowSize, options.WindowDuration, options.WindowSlices, options.ConsecutiveFailures));
        Assert.Equal((0.25, 30, 2 * Second, 0.8), (options.FailureRatio, options.MinimumThroughput, options.SlowCallThreshold!.Value, options.SlowCallRatio));
        Assert.Equal((3 * Second, 30 * Second, 3, 2, 0.6, 7 * Second), (options.BreakDuration, options.MaxBreakDuration, options.HalfOpenProbes, options.HalfOpenConcurrency, options.HalfOpenSuccessRatio, options.ProbeTimeout));

        CircuitBreaker breaker = services.GetRequiredKeyedService<CircuitBreaker>("payments");
        breaker.Acquire().Failure();
        configuration["MinimumThroughput"] = "2";
        configuration.Reload();
        breaker.Acquire().Failure();
        Assert.Equal(CircuitState.Open, breaker.State);

        configuration["Mode"] = "Disabled";
        configuration.Reload();
        Assert.Equal(CircuitMode.Disabled, breaker.Mode);
        breaker.Isolate();
        configuration["FailureRatio"] = "0.3";
        configuration.Reload();
        Assert.Equal(CircuitMode.Isolated, breaker.Mode); // what an operator did outlives a reload about something else
        configuration["FailureRatio"] = "9";
        Assert.Throws<AggregateException>(configuration.Reload);
        Assert.Equal(CircuitMode.Isolated, breaker.Mode);
    }

    [Fact]
    public void Instruments_report_state_and_calls_by_name()
    {
        using var factory = new MeterFactory();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IMeterFactory>(factory)
            .AddCircuitBreaker("payments", o => o.MinimumThroughput = 3)
            .BuildServiceProvider();
        CircuitBreaker breaker = services.GetRequiredKeyedService<CircuitBreaker>("payments");
        var measured = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                Assert.Equal("Primitives.CircuitBreaker", instrument.Meter.Name);
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();

        CircuitPermit late = breaker.Acquire();
        breaker.Acquire().Success();
        breaker.Acquire().Ignore();
        breaker.Acquire().Failure();
        breaker.Acquire().Failure();
        Assert.False(late.Success() || breaker.TryAcquire(out _));
        listener.RecordObservableInstruments();

        Assert.Equal(
            "calls failure=2, calls ignored=1, calls success=1, opens=1, rejected=1, stale=1, state=1",
            string.Join(", ", measured.Select(pair => $"{pair.Key}={pair.Value}")));

        void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Assert.Equal("payments", tags[0].Value);
            measured[instrument.Name["primitives.circuit_breaker.".Length..] + (tags.Length > 1 ? " " + tags[1].Value : "")] = value;
        }
    }

    [Fact]
    public void Sets_are_singletons_by_name_with_instruments_and_live_settings()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection([new("MinimumThroughput", "50")]).Build();
        using var factory = new MeterFactory();
        var collection = new ServiceCollection();
        collection.AddSingleton<IMeterFactory>(factory);
        Assert.Same(collection, collection.AddCircuitBreakerSet<int>("tenants", capacity: 2).AddCircuitBreakerSet<int>("tenants"));
        collection.AddOptions<CircuitBreakerOptions>("tenants").Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();
        CircuitBreakerSet<int> set = services.GetRequiredKeyedService<CircuitBreakerSet<int>>("tenants");
        Assert.Equal(2, set.Capacity);
        set.Get(1).Acquire().Failure();
        configuration["MinimumThroughput"] = "1";
        configuration.Reload();
        set.Get(2).Acquire().Failure();
        var measured = new Dictionary<string, int>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => measured[$"{tags[0].Value} {instrument.Name}"] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["tenants primitives.circuit_breaker.set.keys"] = 2,
                ["tenants primitives.circuit_breaker.set.not_closed"] = 1,
            },
            measured);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentNullException>("services", () => CircuitBreakerServiceCollectionExtensions.AddCircuitBreaker(null!));
        Assert.Throws<ArgumentNullException>("services", () => CircuitBreakerServiceCollectionExtensions.AddCircuitBreaker(null!, "payments"));
        Assert.Throws<ArgumentNullException>("name", () => new ServiceCollection().AddCircuitBreaker((string)null!));
        Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddCircuitBreaker(""));
        Assert.Throws<ArgumentNullException>("name", () => new ServiceCollection().AddCircuitBreakerSet<int>(null!));
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
