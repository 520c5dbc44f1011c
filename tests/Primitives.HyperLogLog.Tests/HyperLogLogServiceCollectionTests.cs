using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public class HyperLogLogServiceCollectionTests
{
    [Fact]
    public void Unnamed_and_named_sketches_are_singletons_of_their_own_options()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddHyperLogLog()
            .AddHyperLogLog("visitors", options => options.Precision = 10)
            .AddHyperLogLog("tracked", options => options.TrackMartingale = true)
            .AddHyperLogLog("visitors", options => options.Precision = 12) // configures again, adds nothing
            .BuildServiceProvider();

        HyperLogLog unnamed = provider.GetRequiredService<HyperLogLog>();
        HyperLogLog visitors = provider.GetRequiredKeyedService<HyperLogLog>("visitors");
        Assert.Equal((14, 12), (unnamed.Precision, visitors.Precision));
        Assert.NotNull(provider.GetRequiredKeyedService<HyperLogLog>("tracked").MartingaleEstimate);
        Assert.Null(unnamed.MartingaleEstimate);
        Assert.Same(unnamed, provider.GetRequiredService<HyperLogLog>());
        Assert.Same(visitors, provider.GetRequiredKeyedService<HyperLogLog>("visitors"));
        Assert.Single(provider.GetKeyedServices<HyperLogLog>("visitors"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(19)]
    public void A_wrong_precision_fails_on_start(int precision)
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddHyperLogLog("visitors", options => options.Precision = precision)
            .BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains($"{precision}; it must be from 4 to 18", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_estimate_is_an_observable_gauge_with_the_name_as_its_tag()
    {
        var meters = new MeterFactory();
        using ServiceProvider provider = new ServiceCollection()
            .AddSingleton<IMeterFactory>(meters)
            .AddHyperLogLog()
            .AddHyperLogLog("visitors")
            .BuildServiceProvider();
        var measured = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (instrument.Meter.Name == "Primitives.HyperLogLog" && instrument.Meter.Scope == meters)
            {
                Assert.Equal(("primitives.hyperloglog.estimate", "{key}"), (instrument.Name, instrument.Unit));
                target.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
            measured[(string)tags.ToArray().Single(tag => tag.Key == "primitives.hyperloglog.name").Value!] = value);
        listener.Start();

        provider.GetRequiredService<HyperLogLog>().Add(1);
        HyperLogLog visitors = provider.GetRequiredKeyedService<HyperLogLog>("visitors");
        visitors.Add("ada");
        visitors.Add("grace");
        listener.RecordObservableInstruments();
        Assert.Equal(1, measured[""], 0.001);
        Assert.Equal(2, measured["visitors"], 0.001);
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentNullException>("services", () => HyperLogLogServiceCollectionExtensions.AddHyperLogLog(null!));
        Assert.Throws<ArgumentNullException>("services", () => HyperLogLogServiceCollectionExtensions.AddHyperLogLog(null!, "name"));
        Assert.Throws<ArgumentNullException>("name", () => services.AddHyperLogLog((string)null!));
        Assert.Throws<ArgumentException>("name", () => services.AddHyperLogLog(""));
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            _meters.Add(new Meter(options.Name, options.Version, options.Tags, scope: this));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
