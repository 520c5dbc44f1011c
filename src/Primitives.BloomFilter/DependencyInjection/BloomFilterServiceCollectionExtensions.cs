using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="BloomFilter"/>s with a service collection.</summary>
public static class BloomFilterServiceCollectionExtensions
{
    /// <summary>Adds the unnamed filter as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options, of which <see cref="BloomFilterOptions.Capacity"/> must be set here or
    /// elsewhere; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The gauges <c>primitives.bloom_filter.items</c>, <c>.saturation</c> and <c>.false_positive_rate</c> of the
    /// meter <c>Primitives.BloomFilter</c> are reported to the container's meter factory, if there is one, with the name as
    /// their tag. Adding a filter twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddBloomFilter(this IServiceCollection services, Action<BloomFilterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Adds a filter as a keyed singleton: <c>[FromKeyedServices("codes")] BloomFilter codes</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddBloomFilter(IServiceCollection, Action{BloomFilterOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddBloomFilter(IServiceCollection, Action{BloomFilterOptions}?)" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddBloomFilter(
        this IServiceCollection services, string name, Action<BloomFilterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<BloomFilterOptions>? configure)
    {
        OptionsBuilder<BloomFilterOptions> options = services.AddOptionsWithValidateOnStart<BloomFilterOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BloomFilterOptions>>(new BloomFilterOptionsValidator()));
        services.TryAddSingleton(provider => new BloomFilterMetrics(provider.GetService<IMeterFactory>()));
    }

    private static BloomFilter Create(IServiceProvider provider, string name)
    {
        BloomFilterOptions options = provider.GetRequiredService<IOptionsMonitor<BloomFilterOptions>>().Get(name);
        BloomFilter filter = BloomFilter.Create(options.Capacity, options.FalsePositiveRate, options.Layout, options.SingleWriter);
        provider.GetRequiredService<BloomFilterMetrics>().Observe(name, filter);
        return filter;
    }
}
