using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="HyperLogLog"/> sketches with a service collection.</summary>
public static class HyperLogLogServiceCollectionExtensions
{
    /// <summary>Adds the unnamed sketch as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The estimate is reported to the container's meter factory, if there is one, as
    /// <c>primitives.hyperloglog.estimate</c> of the meter <c>Primitives.HyperLogLog</c>, with the name as its tag. Adding
    /// it twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddHyperLogLog(this IServiceCollection services, Action<HyperLogLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Adds a sketch as a keyed singleton: <c>[FromKeyedServices("visitors")] HyperLogLog visitors</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddHyperLogLog(IServiceCollection, Action{HyperLogLogOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddHyperLogLog(IServiceCollection, Action{HyperLogLogOptions}?)" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddHyperLogLog(
        this IServiceCollection services, string name, Action<HyperLogLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<HyperLogLogOptions>? configure)
    {
        OptionsBuilder<HyperLogLogOptions> options = services.AddOptionsWithValidateOnStart<HyperLogLogOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HyperLogLogOptions>>(new HyperLogLogOptionsValidator()));
        services.TryAddSingleton(provider => new HyperLogLogMetrics(provider.GetService<IMeterFactory>()));
    }

    private static HyperLogLog Create(IServiceProvider provider, string name)
    {
        HyperLogLogOptions options = provider.GetRequiredService<IOptionsMonitor<HyperLogLogOptions>>().Get(name);
        var sketch = new HyperLogLog(options.Precision, options.TrackMartingale);
        provider.GetRequiredService<HyperLogLogMetrics>().Observe(name, sketch);
        return sketch;
    }
}
