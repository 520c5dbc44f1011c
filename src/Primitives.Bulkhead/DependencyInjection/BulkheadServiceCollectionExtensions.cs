using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="Bulkhead"/>s with a service collection.</summary>
public static class BulkheadServiceCollectionExtensions
{
    /// <summary>Adds the unnamed bulkhead as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The clock is the container's <see cref="TimeProvider"/> if there is one. When the options change,
    /// <see cref="Bulkhead.MaxConcurrency"/> follows; a change that is not valid is passed over. What is in it is reported to
    /// the container's meter factory, if there is one, as <c>Primitives.Bulkhead</c>. Adding it twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddBulkhead(this IServiceCollection services, Action<BulkheadOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Adds a bulkhead as a keyed singleton: <c>[FromKeyedServices("payments")] Bulkhead bulkhead</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddBulkhead(IServiceCollection, Action{BulkheadOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddBulkhead(IServiceCollection, Action{BulkheadOptions}?)" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddBulkhead(
        this IServiceCollection services, string name, Action<BulkheadOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<BulkheadOptions>? configure)
    {
        OptionsBuilder<BulkheadOptions> options = services.AddOptionsWithValidateOnStart<BulkheadOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BulkheadOptions>>(new BulkheadOptionsValidator()));
        services.TryAddSingleton(provider => new BulkheadMetrics(provider.GetService<IMeterFactory>()));
    }

    private static Bulkhead Create(IServiceProvider provider, string name)
    {
        IOptionsMonitor<BulkheadOptions> monitor = provider.GetRequiredService<IOptionsMonitor<BulkheadOptions>>();
        var bulkhead = new Bulkhead(monitor.Get(name), provider.GetService<TimeProvider>());
        IDisposable? reloads = monitor.OnChange((changed, changedName) =>
        {
            if (changedName == name)
            {
                bulkhead.MaxConcurrency = changed.MaxConcurrency;
            }
        });
        provider.GetRequiredService<BulkheadMetrics>().Observe(name, bulkhead, reloads);
        return bulkhead;
    }
}
