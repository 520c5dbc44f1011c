using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="RetryBudget"/>s with a service collection.</summary>
public static class RetryBudgetServiceCollectionExtensions
{
    /// <summary>Adds the unnamed budget as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The clock is the container's <see cref="TimeProvider"/> if there is one. When the options change, the limits
    /// follow and what was saved stays; a change that is not valid, or of the kind, is passed over. The counters are
    /// reported to the container's meter factory, if there is one, as <c>Primitives.Backoff</c>. Adding it twice adds
    /// one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddRetryBudget(this IServiceCollection services, Action<RetryBudgetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Adds a budget as a keyed singleton: <c>[FromKeyedServices("payments")] RetryBudget budget</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddRetryBudget(IServiceCollection, Action{RetryBudgetOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddRetryBudget(IServiceCollection, Action{RetryBudgetOptions}?)" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddRetryBudget(
        this IServiceCollection services, string name, Action<RetryBudgetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<RetryBudgetOptions>? configure)
    {
        OptionsBuilder<RetryBudgetOptions> options = services.AddOptionsWithValidateOnStart<RetryBudgetOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RetryBudgetOptions>>(new RetryBudgetOptionsValidator()));
        services.TryAddSingleton(provider => new RetryBudgetMetrics(provider.GetService<IMeterFactory>()));
    }

    private static RetryBudget Create(IServiceProvider provider, string name)
    {
        IOptionsMonitor<RetryBudgetOptions> monitor = provider.GetRequiredService<IOptionsMonitor<RetryBudgetOptions>>();
        RetryBudgetOptions options = monitor.Get(name);
        RetryBudgetKind kind = options.Kind;
        RetryBudget budget = RetryBudget.Create(options, provider.GetService<TimeProvider>());
        IDisposable? reloads = monitor.OnChange((changed, changedName) =>
        {
            if (changedName == name && changed.Kind == kind)
            {
                budget.Apply(changed);
            }
        });
        provider.GetRequiredService<RetryBudgetMetrics>().Observe(name, budget, reloads);
        return budget;
    }
}
