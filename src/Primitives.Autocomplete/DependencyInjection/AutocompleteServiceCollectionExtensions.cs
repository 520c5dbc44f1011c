using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="LiveAutocompleteIndex"/>es with a service collection.</summary>
public static class AutocompleteServiceCollectionExtensions
{
    /// <summary>Adds the unnamed index as a singleton.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <param name="load">Gives the first terms when the index is first asked for: a loaded, mapped or built index;
    /// <see langword="null"/>, or returning it, for none.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The index takes its <see cref="TimeProvider"/> from the container if one is registered, and reports to the
    /// container's meter factory, if there is one, as the meter <c>Primitives.Autocomplete</c>: the gauges
    /// <c>primitives.autocomplete.terms</c> and <c>.changed_terms</c>, the counters <c>.queries</c> and <c>.compactions</c>,
    /// with the name as a tag. Adding it twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddAutocomplete(
        this IServiceCollection services, Action<AutocompleteOptions>? configure = null, Func<IServiceProvider, AutocompleteIndex?>? load = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName, load));
        return services;
    }

    /// <summary>Adds an index as a keyed singleton: <c>[FromKeyedServices("queries")] LiveAutocompleteIndex queries</c>.
    /// </summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddAutocomplete(IServiceCollection, Action{AutocompleteOptions}?, Func{IServiceProvider, AutocompleteIndex?}?)" path="/param[@name='configure']"/></param>
    /// <param name="load"><inheritdoc cref="AddAutocomplete(IServiceCollection, Action{AutocompleteOptions}?, Func{IServiceProvider, AutocompleteIndex?}?)" path="/param[@name='load']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddAutocomplete(IServiceCollection, Action{AutocompleteOptions}?, Func{IServiceProvider, AutocompleteIndex?}?)" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddAutocomplete(
        this IServiceCollection services,
        string name,
        Action<AutocompleteOptions>? configure = null,
        Func<IServiceProvider, AutocompleteIndex?>? load = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name, load));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<AutocompleteOptions>? configure)
    {
        OptionsBuilder<AutocompleteOptions> options = services.AddOptionsWithValidateOnStart<AutocompleteOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AutocompleteOptions>>(new AutocompleteOptionsValidator()));
        services.TryAddSingleton(provider => new AutocompleteMetrics(provider.GetService<IMeterFactory>()));
    }

    private static LiveAutocompleteIndex Create(IServiceProvider provider, string name, Func<IServiceProvider, AutocompleteIndex?>? load)
    {
        AutocompleteOptions options = provider.GetRequiredService<IOptionsMonitor<AutocompleteOptions>>().Get(name);
        var index = new LiveAutocompleteIndex(options, load?.Invoke(provider), provider.GetService<TimeProvider>());
        provider.GetRequiredService<AutocompleteMetrics>().Observe(name, index);
        return index;
    }
}
