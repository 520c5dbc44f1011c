using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="CircuitBreaker"/>s with a service collection.</summary>
public static class CircuitBreakerServiceCollectionExtensions
{
    /// <summary>Adds the unnamed breaker as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The clock is the container's <see cref="TimeProvider"/> if there is one. When the options change, the breaker
    /// takes them over and keeps its state; a change that is not valid is passed over. State and counters are reported to
    /// the container's meter factory, if there is one, as <c>Primitives.CircuitBreaker</c>. Adding it twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddCircuitBreaker(this IServiceCollection services, Action<CircuitBreakerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Adds a breaker as a keyed singleton: <c>[FromKeyedServices("payments")] CircuitBreaker breaker</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddCircuitBreaker(IServiceCollection, Action{CircuitBreakerOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddCircuitBreaker(IServiceCollection, Action{CircuitBreakerOptions}?)" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddCircuitBreaker(
        this IServiceCollection services, string name, Action<CircuitBreakerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));
        return services;
    }

    /// <summary>Adds a set of breakers as a keyed singleton: <c>[FromKeyedServices("tenants")] CircuitBreakerSet&lt;string&gt;
    /// breakers</c>.</summary>
    /// <typeparam name="TKey">The key of a breaker.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key of the set, and the name of the options. May be empty.</param>
    /// <param name="configure"><inheritdoc cref="AddCircuitBreaker(IServiceCollection, Action{CircuitBreakerOptions}?)" path="/param[@name='configure']"/></param>
    /// <param name="capacity">How many keys are remembered at most. At least 1.</param>
    /// <param name="idleTime">How long a key must not be asked for before it may be forgotten; ten minutes when
    /// <see langword="null"/>.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>As for one breaker; a change of the options reaches all breakers, except for the mode. Reported are the number
    /// of keys, and how many of them are not closed.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    public static IServiceCollection AddCircuitBreakerSet<TKey>(
        this IServiceCollection services,
        string name,
        Action<CircuitBreakerOptions>? configure = null,
        int capacity = 10_000,
        TimeSpan? idleTime = null)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) =>
        {
            IOptionsMonitor<CircuitBreakerOptions> monitor = provider.GetRequiredService<IOptionsMonitor<CircuitBreakerOptions>>();
            var set = new CircuitBreakerSet<TKey>(monitor.Get(name), capacity, idleTime, provider.GetService<TimeProvider>());
            IDisposable? reloads = monitor.OnChange((changed, changedName) =>
            {
                if (changedName == name)
                {
                    set.Update(changed);
                }
            });
            provider.GetRequiredService<CircuitBreakerMetrics>().ObserveSet(
                name,
                () => set.Count,
                () => set.ToArray().Count(static pair => pair.Value.State != CircuitState.Closed),
                reloads);
            return set;
        });
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<CircuitBreakerOptions>? configure)
    {
        OptionsBuilder<CircuitBreakerOptions> options = services.AddOptionsWithValidateOnStart<CircuitBreakerOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CircuitBreakerOptions>>(new CircuitBreakerOptionsValidator()));
        services.TryAddSingleton(provider => new CircuitBreakerMetrics(provider.GetService<IMeterFactory>()));
    }

    private static CircuitBreaker Create(IServiceProvider provider, string name)
    {
        IOptionsMonitor<CircuitBreakerOptions> monitor = provider.GetRequiredService<IOptionsMonitor<CircuitBreakerOptions>>();
        CircuitBreakerOptions options = monitor.Get(name);
        var breaker = new CircuitBreaker(options, provider.GetService<TimeProvider>());
        CircuitMode mode = options.Mode;
        IDisposable? reloads = monitor.OnChange((changed, changedName) =>
        {
            if (changedName != name)
            {
                return;
            }

            breaker.Update(changed);
            if (changed.Mode != mode) // an operator's Isolate() outlives a reload about something else
            {
                breaker.Mode = mode = changed.Mode;
            }
        });
        provider.GetRequiredService<CircuitBreakerMetrics>().Observe(name, breaker, reloads);
        return breaker;
    }
}
