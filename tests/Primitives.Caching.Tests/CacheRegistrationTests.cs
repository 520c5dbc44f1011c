using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public class CacheRegistrationTests
{
    [Fact]
    public void Named_and_unnamed_caches_are_singletons_with_metrics()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddMetrics()
            .AddLfuCache<string, int>("users", static options => options.Capacity = 2)
            .AddLfuCache<string, int>("users", static options => options.Capacity = 3)
            .AddLruCache<string, int>(static options => options.Capacity = 5)
            .BuildServiceProvider();
        var users = provider.GetRequiredKeyedService<LfuCache<string, int>>("users");
        Assert.Same(users, provider.GetRequiredKeyedService<LfuCache<string, int>>("users"));
        Assert.Equal(3, users.Capacity);
        Assert.Equal(5, provider.GetRequiredService<LruCache<string, int>>().Capacity);

        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, owner) =>
        {
            if (instrument.Meter.Name == "Primitives.Caching")
            {
                owner.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string[] texts = [.. tags.ToArray().Select(tag => $"{tag.Value}")];
            seen[$"{instrument.Name} {string.Join(' ', texts)}"] = value;
        });
        listener.Start();
        for (int i = 0; i < 5; i++)
        {
            users.GetOrAdd($"{i}", static _ => 1);
        }

        users.TryGet("4", out _);
        listener.RecordObservableInstruments();
        Assert.Equal(1, seen["cache.requests users hit"]);
        Assert.Equal(5, seen["cache.requests users miss"]);
        Assert.Equal(2, seen["cache.evictions users"]);
        Assert.Equal(3, seen["cache.entries users"]);
        Assert.Equal(3, seen["cache.estimated_size users"]);
    }

    [Fact]
    public void A_wrong_setting_fails_with_its_name()
    {
        using ServiceProvider provider = new ServiceCollection().AddLfuCache<string, int>(static _ => { }).BuildServiceProvider();
        OptionsValidationException exception =
            Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<LfuCache<string, int>>());
        Assert.Contains("Capacity", exception.Message, StringComparison.Ordinal);
    }
}
