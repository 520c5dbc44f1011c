using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public class BloomFilterServiceCollectionTests
{
    [Fact]
    public void Unnamed_and_named_filters_are_singletons_of_their_own_options()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddBloomFilter(options => options.Capacity = 1_000)
            .AddBloomFilter("codes", options => options.Capacity = 5_000)
            .AddBloomFilter("codes", options => (options.FalsePositiveRate, options.Layout) = (0.02, BloomFilterLayout.Classic)) // again: adds nothing
            .AddBloomFilter("single", options => (options.Capacity, options.SingleWriter) = (10, true))
            .BuildServiceProvider();

        BloomFilter unnamed = provider.GetRequiredService<BloomFilter>();
        BloomFilter codes = provider.GetRequiredKeyedService<BloomFilter>("codes");
        Assert.Equal((1_000, 0.01, BloomFilterLayout.SplitBlock), (unnamed.Capacity, unnamed.FalsePositiveRate, unnamed.Layout));
        Assert.Equal((5_000, 0.02, BloomFilterLayout.Classic), (codes.Capacity, codes.FalsePositiveRate, codes.Layout));
        Assert.True(provider.GetRequiredKeyedService<BloomFilter>("single").Add("key"));
        Assert.Same(unnamed, provider.GetRequiredService<BloomFilter>());
        Assert.Same(codes, provider.GetRequiredKeyedService<BloomFilter>("codes"));
        Assert.Single(provider.GetKeyedServices<BloomFilter>("codes"));
    }

    [Theory]
    [InlineData(0, 0.01, 0, "The Bloom filter 'codes': Capacity is 0; it must be set")]
    [InlineData(10, 0, 0, "between 0 and 1")]
    [InlineData(10, 1, 0, "between 0 and 1")]
    [InlineData(10, 0.01, 7, "no such layout")]
    [InlineData(100_000_000_000, 0.01, 0, "not enough")]
    public void A_wrong_setting_fails_on_start(long capacity, double rate, int layout, string message)
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddBloomFilter("codes", options => (options.Capacity, options.FalsePositiveRate, options.Layout) = (capacity, rate, (BloomFilterLayout)layout))
            .BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Items_saturation_and_rate_are_observable_gauges_with_the_name_as_their_tag()
    {
        var meters = new MeterFactory();
        using ServiceProvider provider = new ServiceCollection()
            .AddSingleton<IMeterFactory>(meters)
            .AddBloomFilter(options => options.Capacity = 100)
            .AddBloomFilter("codes", options => options.Capacity = 1_000)
            .BuildServiceProvider();
        var measured = new Dictionary<(string, string), double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (instrument.Meter.Name == "Primitives.BloomFilter" && instrument.Meter.Scope == meters)
            {
                target.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            measured[(instrument.Name, (string)tags.ToArray().Single(tag => tag.Key == "primitives.bloom_filter.name").Value!)] = value);
        listener.Start();

        provider.GetRequiredService<BloomFilter>();
        BloomFilter codes = provider.GetRequiredKeyedService<BloomFilter>("codes");
        for (int i = 0; i < 500; i++)
        {
            codes.Add(i);
        }

        listener.RecordObservableInstruments();
        Assert.Equal(6, measured.Count);
        Assert.Equal(0, measured[("primitives.bloom_filter.items", "")]);
        Assert.InRange(measured[("primitives.bloom_filter.items", "codes")], 480, 520);
        Assert.InRange(measured[("primitives.bloom_filter.saturation", "codes")], 0.48, 0.52);
        Assert.Equal(codes.ExpectedFalsePositiveRate, measured[("primitives.bloom_filter.false_positive_rate", "codes")]);
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentNullException>("services", () => BloomFilterServiceCollectionExtensions.AddBloomFilter(null!));
        Assert.Throws<ArgumentNullException>("services", () => BloomFilterServiceCollectionExtensions.AddBloomFilter(null!, "name"));
        Assert.Throws<ArgumentNullException>("name", () => services.AddBloomFilter((string)null!));
        Assert.Throws<ArgumentException>("name", () => services.AddBloomFilter(""));
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
