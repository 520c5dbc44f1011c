using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public class RateLimitingServiceCollectionTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Every_kind_is_a_singleton_with_and_without_a_name()
    {
        Check<TokenBucketLimiter>(services => services.AddTokenBucket(o => o.Permits = 1).AddTokenBucket("a", o => o.Permits = 2).AddTokenBucket("a"));
        Check<LeakyBucketLimiter>(services => services.AddLeakyBucket(o => o.Permits = 1).AddLeakyBucket("a", o => o.Permits = 2));
        Check<FixedWindowLimiter>(services => services.AddFixedWindow(o => o.Permits = 1).AddFixedWindow("a", o => o.Permits = 2));
        Check<SlidingWindowLogLimiter>(services => services.AddSlidingWindowLog(o => o.Permits = 1).AddSlidingWindowLog("a", o => o.Permits = 2));
        Check<SlidingWindowCounterLimiter>(services => services.AddSlidingWindowCounter(o => o.Permits = 1).AddSlidingWindowCounter("a", o => o.Permits = 2));
        Check<CompositeLimiter>(services => services
            .AddCompositeLimiter(o => o.Quotas.Add(RateQuota.PerSecond(1)))
            .AddCompositeLimiter("a", o => o.Quotas.Add(RateQuota.PerSecond(2))));

        void Check<TLimiter>(Action<IServiceCollection> add)
            where TLimiter : QuotaLimiter
        {
            var services = new ServiceCollection();
            services.AddSingleton<TimeProvider>(_time);
            add(services);
            using ServiceProvider provider = services.BuildServiceProvider();
            TLimiter unnamed = provider.GetRequiredService<TLimiter>();
            TLimiter named = provider.GetRequiredKeyedService<TLimiter>("a");
            Assert.Same(unnamed, provider.GetRequiredService<TLimiter>());
            Assert.Same(named, provider.GetRequiredKeyedService<TLimiter>("a"));
            Assert.Equal((1, 2), (unnamed.Limit, named.Limit));
            Assert.Same(_time, unnamed.Clock);
        }
    }

    [Fact]
    public void A_reload_changes_the_quota_and_forgets_no_debt()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Permits"] = "100", ["Period"] = "00:01:00" }).Build();
        IConfigurationRoot quotas = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Capacity"] = "50",
            ["Quotas:0:Permits"] = "10",
            ["Quotas:0:Period"] = "00:01:00",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddTokenBucket("api").Configure<TokenBucketOptions>("api", configuration);
        services.AddKeyedRateLimiter<string>("clients").Configure<KeyedRateLimiterOptions<string>>("clients", quotas);
        using ServiceProvider provider = services.BuildServiceProvider();
        var limiter = provider.GetRequiredKeyedService<TokenBucketLimiter>("api");
        var keyed = provider.GetRequiredKeyedService<KeyedRateLimiter<string>>("clients");
        Assert.True(limiter.TryAcquire(70));
        Assert.True(keyed.TryAcquire("a", 10));

        configuration["Permits"] = "200";
        configuration.Reload();
        Assert.Equal((200, 130L), (limiter.Limit, limiter.Peek().Remaining));

        quotas["Quotas:0:Permits"] = "20";
        quotas.Reload();
        Assert.Equal(20, keyed.GetQuotas("a")[0].Permits);
        Assert.False(keyed.TryAcquire("a", 1)); // a minute's debt is still a minute's debt
        Assert.True(keyed.TryAcquire("b", 20));

        configuration["Permits"] = "0";
        Assert.ThrowsAny<Exception>(configuration.Reload);
        Assert.Equal(200, limiter.Limit);

        configuration["Permits"] = "1"; // valid by itself, but the period is more than the limiter can count
        configuration["Period"] = "20000.00:00:00";
        Assert.ThrowsAny<Exception>(configuration.Reload);
        Assert.Equal(RateQuota.PerMinute(200), limiter.Quota);
        configuration["Permits"] = "300";
        configuration["Period"] = "00:01:00";
        configuration.Reload();
        Assert.Equal((300, 230L), (limiter.Limit, limiter.Peek().Remaining));

        quotas["Quotas:1:Permits"] = "5"; // a second quota, for which the table has no room
        Assert.ThrowsAny<Exception>(quotas.Reload);
        Assert.Equal(20, keyed.GetQuotas("a").Single().Permits);
    }

    [Fact]
    public void The_container_disposes_of_its_limiters_and_of_their_subscriptions()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Permits"] = "100" }).Build();
        ServiceProvider provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(_time)
            .AddTokenBucket("api").Configure<TokenBucketOptions>("api", configuration)
            .AddKeyedRateLimiter<int>("clients", o => o.Quotas.Add(RateQuota.PerDay(1)))
            .BuildServiceProvider();
        var limiter = provider.GetRequiredKeyedService<TokenBucketLimiter>("api");
        var keyed = provider.GetRequiredKeyedService<KeyedRateLimiter<int>>("clients");
        provider.Dispose();
        Assert.Throws<ObjectDisposedException>(() => limiter.TryAcquire());
        Assert.Throws<ObjectDisposedException>(() => keyed.TryAcquire(1));
        configuration["Permits"] = "50";
        configuration.Reload(); // nobody listens any more, so nothing throws
        Assert.Equal(100, limiter.Limit);
    }

    [Fact]
    public void Wrong_settings_fail_on_start_and_names_must_not_be_empty()
    {
        using ServiceProvider provider = new ServiceCollection().AddTokenBucket("api", o => o.Permits = -1).BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<TokenBucketLimiter>("api"));
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddFixedWindow(""));
        Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddKeyedRateLimiter<int>((string)null!));
        Assert.Throws<ArgumentNullException>(() => RateLimitingServiceCollectionExtensions.AddTokenBucket(null!, "a"));
    }

    [Fact]
    public void Metrics_tell_what_each_limiter_counted()
    {
        var services = new ServiceCollection();
        using var factory = new MeterFactory();
        services.AddSingleton<IMeterFactory>(factory);
        services.AddSingleton<TimeProvider>(_time);
        services.AddTokenBucket("api", o => o.Permits = 3);
        services.AddFixedWindow("api", o => o.Permits = 7); // the same name for another type
        services.AddKeyedRateLimiter<int>("clients", o => o.Quotas.Add(RateQuota.PerDay(1)));
        using ServiceProvider provider = services.BuildServiceProvider();
        var limiter = provider.GetRequiredKeyedService<TokenBucketLimiter>("api");
        var keyed = provider.GetRequiredKeyedService<KeyedRateLimiter<int>>("clients");
        limiter.TryAcquire();
        limiter.TryAcquire(3);
        keyed.TryAcquire(1);
        keyed.TryAcquire(1);
        Assert.NotNull(provider.GetRequiredKeyedService<FixedWindowLimiter>("api"));

        Dictionary<string, long> found = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            found.Add($"{instrument.Name["primitives.rate_limiting.".Length..]} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}", value));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(1, found["granted api TokenBucketLimiter"]);
        Assert.Equal(1, found["refused api TokenBucketLimiter"]);
        Assert.Equal(2, found["available api TokenBucketLimiter"]);
        Assert.Equal(0, found["queued api TokenBucketLimiter"]);
        Assert.Equal(7, found["available api FixedWindowLimiter"]);
        Assert.Equal(1, found["granted clients KeyedRateLimiter<Int32>"]);
        Assert.Equal(1, found["refused clients KeyedRateLimiter<Int32>"]);
        Assert.Equal(0, found["overflowed clients KeyedRateLimiter<Int32> rejected"]);
        Assert.DoesNotContain("available clients KeyedRateLimiter<Int32>", found.Keys); // a table has no one number of permits left
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            Assert.Equal("Primitives.RateLimiting", options.Name);
            options.Scope = this;
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
