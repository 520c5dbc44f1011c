using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Primitives.Testing;

namespace Primitives.Tests;

public class CacheAdapterServiceCollectionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Takes_the_place_of_the_platforms_caches_before_and_after_them(bool platformFirst)
    {
        var services = new ServiceCollection();
        if (platformFirst)
        {
            services.AddMemoryCache().AddDistributedMemoryCache();
        }

        for (int i = 0; i < 2; i++)
        {
            services.AddLfuDistributedCache(o => o.Capacity = 1_000).AddLfuMemoryCache(o => o.SizeLimit = 10).AddLfuHybridCache();
        }

        if (!platformFirst)
        {
            services.AddMemoryCache().AddDistributedMemoryCache();
        }

        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Same(provider.GetRequiredService<LfuDistributedCache>(), provider.GetServices<IDistributedCache>().Single());
        Assert.Same(provider.GetRequiredService<LfuMemoryCache>(), provider.GetServices<IMemoryCache>().Single());
        Assert.Same(provider.GetRequiredService<LfuHybridCache>(), provider.GetServices<HybridCache>().Single());
    }

    [Fact]
    public void Named_ones_are_keyed_and_stand_beside_the_unnamed()
    {
        var services = new ServiceCollection();
        services.AddLfuDistributedCache().AddLfuDistributedCache("x").AddLfuDistributedCache("x");
        services.AddLfuMemoryCache(o => o.SizeLimit = 1).AddLfuMemoryCache("x", o => o.SizeLimit = 2);
        services.AddLfuHybridCache().AddLfuHybridCache("x");
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.NotSame(provider.GetRequiredService<IDistributedCache>(), provider.GetRequiredKeyedService<IDistributedCache>("x"));
        Assert.NotSame(provider.GetRequiredService<IMemoryCache>(), provider.GetRequiredKeyedService<IMemoryCache>("x"));
        Assert.NotSame(provider.GetRequiredService<HybridCache>(), provider.GetRequiredKeyedService<HybridCache>("x"));
        Assert.Same(provider.GetRequiredKeyedService<LfuHybridCache>("x"), provider.GetRequiredKeyedService<HybridCache>("x"));
    }

    [Fact]
    public async Task Settings_come_from_configuration_and_the_clock_from_the_container()
    {
        var time = new ManualTimeProvider();
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["hybrid:RefreshAfter"] = "00:01:00",
            ["hybrid:DefaultEntryOptions:Expiration"] = "00:00:10",
            ["memory:SizeLimit"] = "5",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(time);
        services.AddLfuHybridCache().AddLfuMemoryCache(_ => { }).AddLfuDistributedCache();
        services.Configure<LfuHybridCacheOptions>(o => o.DefaultEntryOptions = new() { Expiration = configuration.GetValue<TimeSpan>("hybrid:DefaultEntryOptions:Expiration") });
        services.Configure<LfuMemoryCacheOptions>(configuration.GetSection("memory"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        HybridCache cache = provider.GetRequiredService<HybridCache>();
        await cache.SetAsync("a", 1);
        provider.GetRequiredService<IMemoryCache>().Set("a", 1, TimeSpan.FromSeconds(10));
        provider.GetRequiredService<IDistributedCache>().Set("a", [1], new() { SlidingExpiration = TimeSpan.FromSeconds(10) });
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(2, await cache.GetOrCreateAsync("a", _ => ValueTask.FromResult(2)));
        Assert.False(provider.GetRequiredService<IMemoryCache>().TryGetValue("a", out _));
        Assert.Null(provider.GetRequiredService<IDistributedCache>().Get("a"));
    }

    [Fact]
    public async Task The_second_level_is_the_registered_cache_unless_it_is_in_this_process()
    {
        foreach (bool platform in new[] { false, true })
        {
            var inProcess = new ServiceCollection();
            _ = platform ? inProcess.AddDistributedMemoryCache() : inProcess.AddLfuDistributedCache();
            inProcess.AddLfuHybridCache();
            await using ServiceProvider one = inProcess.BuildServiceProvider();
            await one.GetRequiredService<HybridCache>().SetAsync("a", "x");
            Assert.Null(one.GetRequiredService<IDistributedCache>().Get("a"));
        }

        var remote = new ServiceCollection();
        remote.AddSingleton<IDistributedCache, Remote>();
        remote.AddLfuHybridCache();
        await using ServiceProvider two = remote.BuildServiceProvider();
        await two.GetRequiredService<HybridCache>().SetAsync("a", "x");
        Assert.NotNull(two.GetRequiredService<IDistributedCache>().Get("a"));
    }

    [Fact]
    public void Wrong_settings_fail_on_start()
    {
        var services = new ServiceCollection();
        services.AddLfuMemoryCache(_ => { });
        services.AddLfuDistributedCache("x", o => o.Capacity = 0);
        services.AddLfuHybridCache(o => o.Capacity = 0);
        using ServiceProvider provider = services.BuildServiceProvider();
        Exception failure = Assert.ThrowsAny<Exception>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal(3, failure is AggregateException all ? all.InnerExceptions.Count : 1);
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IMemoryCache>());
    }

    [Fact]
    public void Rejects_bad_arguments()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddLfuHybridCache());
        Assert.Throws<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddLfuDistributedCache());
        Assert.Throws<ArgumentNullException>("configure", () => services.AddLfuMemoryCache(null!));
        Assert.Throws<ArgumentNullException>("configure", () => services.AddLfuMemoryCache("x", null!));
        Assert.Throws<ArgumentException>("name", () => services.AddLfuHybridCache(""));
        Assert.Throws<ArgumentException>("name", () => services.AddLfuDistributedCache(""));
        Assert.Throws<ArgumentException>("name", () => services.AddLfuMemoryCache("", _ => { }));
    }

    private sealed class Remote : IDistributedCache
    {
        private readonly LfuDistributedCache _inner = new(1_000_000);

        public byte[]? Get(string key) => _inner.Get(key);

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => _inner.GetAsync(key, token);

        public void Refresh(string key) => _inner.Refresh(key);

        public Task RefreshAsync(string key, CancellationToken token = default) => _inner.RefreshAsync(key, token);

        public void Remove(string key) => _inner.Remove(key);

        public Task RemoveAsync(string key, CancellationToken token = default) => _inner.RemoveAsync(key, token);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _inner.Set(key, value, options);

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
            _inner.SetAsync(key, value, options, token);
    }
}
