using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="LfuCache{TKey, TValue}"/> and <see cref="LruCache{TKey, TValue}"/> with a service
/// collection.</summary>
public static class CacheServiceCollectionExtensions
{
    /// <summary>Adds the unnamed <see cref="LfuCache{TKey, TValue}"/> as a singleton.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options, the capacity at least. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>Its numbers are reported to the container's meter factory, if there is one, as <c>cache.requests</c>,
    /// <c>cache.evictions</c>, <c>cache.entries</c> and <c>cache.estimated_size</c> of the meter <c>Primitives.Caching</c>,
    /// with its name as <c>cache.name</c>. Adding it twice adds one. The container disposes of it.</remarks>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static IServiceCollection AddLfuCache<TKey, TValue>(
        this IServiceCollection services, Action<CacheOptions<TKey, TValue>> configure)
        where TKey : notnull
    {
        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(
            provider, Options.DefaultName, static (CacheOptions<TKey, TValue> options, TimeProvider? time) => new LfuCache<TKey, TValue>(options, time)));
        return services;
    }

    /// <summary>Adds an <see cref="LfuCache{TKey, TValue}"/> as a keyed singleton: <c>[FromKeyedServices("users")]</c>.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options, the capacity at least. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddLfuCache{TKey, TValue}(IServiceCollection, Action{CacheOptions{TKey, TValue}})" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddLfuCache<TKey, TValue>(
        this IServiceCollection services, string name, Action<CacheOptions<TKey, TValue>> configure)
        where TKey : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(
            provider, name, static (CacheOptions<TKey, TValue> options, TimeProvider? time) => new LfuCache<TKey, TValue>(options, time)));
        return services;
    }

    /// <summary>Adds the unnamed <see cref="LruCache{TKey, TValue}"/> as a singleton.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options, the capacity at least. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>Its numbers are reported to the container's meter factory, if there is one, as <c>cache.requests</c>,
    /// <c>cache.evictions</c>, <c>cache.entries</c> and <c>cache.estimated_size</c> of the meter <c>Primitives.Caching</c>,
    /// with its name as <c>cache.name</c>. Adding it twice adds one. The container disposes of it.</remarks>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static IServiceCollection AddLruCache<TKey, TValue>(
        this IServiceCollection services, Action<CacheOptions<TKey, TValue>> configure)
        where TKey : notnull
    {
        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(
            provider, Options.DefaultName, static (CacheOptions<TKey, TValue> options, TimeProvider? time) => new LruCache<TKey, TValue>(options, time)));
        return services;
    }

    /// <summary>Adds an <see cref="LruCache{TKey, TValue}"/> as a keyed singleton: <c>[FromKeyedServices("users")]</c>.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options, the capacity at least. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks><inheritdoc cref="AddLruCache{TKey, TValue}(IServiceCollection, Action{CacheOptions{TKey, TValue}})" path="/remarks"/></remarks>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddLruCache<TKey, TValue>(
        this IServiceCollection services, string name, Action<CacheOptions<TKey, TValue>> configure)
        where TKey : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(
            provider, name, static (CacheOptions<TKey, TValue> options, TimeProvider? time) => new LruCache<TKey, TValue>(options, time)));
        return services;
    }

    private static void AddOptions<TKey, TValue>(
        IServiceCollection services, string name, Action<CacheOptions<TKey, TValue>> configure)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptionsWithValidateOnStart<CacheOptions<TKey, TValue>>(name).Configure(configure);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<CacheOptions<TKey, TValue>>>(new CacheOptionsValidator<TKey, TValue>()));
        services.TryAddSingleton(provider => new CacheMetrics(provider.GetService<IMeterFactory>()));
    }

    private static TCache Create<TKey, TValue, TCache>(
        IServiceProvider provider, string name, Func<CacheOptions<TKey, TValue>, TimeProvider?, TCache> create)
        where TKey : notnull
        where TCache : ICache<TKey, TValue>
    {
        CacheOptions<TKey, TValue> options = provider.GetRequiredService<IOptionsMonitor<CacheOptions<TKey, TValue>>>().Get(name);
        TCache cache = create(options, provider.GetService<TimeProvider>());
        provider.GetRequiredService<CacheMetrics>().Observe(name, cache);
        return cache;
    }
}
