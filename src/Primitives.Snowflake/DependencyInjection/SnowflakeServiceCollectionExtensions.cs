using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="SnowflakeGenerator"/>s with a service collection.</summary>
public static class SnowflakeServiceCollectionExtensions
{
    /// <summary>Adds the unnamed generator as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options, at least <see cref="SnowflakeOptions.WorkerId"/>; may be
    /// <see langword="null"/> if they are configured elsewhere. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The generator takes its <see cref="TimeProvider"/> and its <see cref="IHighWaterMark"/> from the container
    /// if they are registered, and reports to the container's meter factory, if there is one, as
    /// <c>Primitives.Snowflake</c>. Adding it twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddSnowflakeIds(this IServiceCollection services, Action<SnowflakeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName, provider.GetService<IHighWaterMark>()));
        return services;
    }

    /// <summary>Adds a generator as a keyed singleton: <c>[FromKeyedServices("orders")] SnowflakeGenerator ids</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddSnowflakeIds(IServiceCollection, Action{SnowflakeOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>As for the unnamed generator, but the <see cref="IHighWaterMark"/> is the one registered under the same
    /// key.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddSnowflakeIds(
        this IServiceCollection services, string name, Action<SnowflakeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name, provider.GetKeyedService<IHighWaterMark>(name)));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<SnowflakeOptions>? configure)
    {
        OptionsBuilder<SnowflakeOptions> options = services.AddOptionsWithValidateOnStart<SnowflakeOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SnowflakeOptions>>(new SnowflakeOptionsValidator()));
        services.TryAddSingleton(provider => new SnowflakeMetrics(provider.GetService<IMeterFactory>()));
    }

    private static SnowflakeGenerator Create(IServiceProvider provider, string name, IHighWaterMark? highWaterMark)
    {
        SnowflakeOptions options = provider.GetRequiredService<IOptionsMonitor<SnowflakeOptions>>().Get(name);
        var generator = new SnowflakeGenerator(options, highWaterMark, provider.GetService<TimeProvider>());
        provider.GetRequiredService<SnowflakeMetrics>().Observe(name, generator);
        return generator;
    }
}
