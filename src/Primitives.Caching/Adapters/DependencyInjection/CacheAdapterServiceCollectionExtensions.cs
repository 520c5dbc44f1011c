using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers the caches that implement the platform's own interfaces.</summary>
/// <remarks>Each replaces the unnamed registration of its interface, whoever made it: frameworks register the platform's
/// caches on their own, and what is asked for by name should win whatever the order. Adding one twice adds one.</remarks>
public static class CacheAdapterServiceCollectionExtensions
{
    /// <summary>Adds an <see cref="LfuDistributedCache"/> as the container's <see cref="IDistributedCache"/>: sessions, output
    /// caching and others then use it.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddLfuDistributedCache(
        this IServiceCollection services, Action<LfuDistributedCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, Options.DefaultName, configure, static options => options.Validate());
        services.TryAddSingleton(static provider => new LfuDistributedCache(
            Settings<LfuDistributedCacheOptions>(provider, Options.DefaultName).Capacity, provider.GetService<TimeProvider>()));
        services.Replace(ServiceDescriptor.Singleton<IDistributedCache>(static provider => provider.GetRequiredService<LfuDistributedCache>()));
        return services;
    }

    /// <summary>Adds an <see cref="LfuDistributedCache"/> as a keyed <see cref="IDistributedCache"/>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddLfuDistributedCache(IServiceCollection, Action{LfuDistributedCacheOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddLfuDistributedCache(
        this IServiceCollection services, string name, Action<LfuDistributedCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure, static options => options.Validate());
        services.TryAddKeyedSingleton(name, (provider, _) => new LfuDistributedCache(
            Settings<LfuDistributedCacheOptions>(provider, name).Capacity, provider.GetService<TimeProvider>()));
        services.TryAddKeyedSingleton<IDistributedCache>(name, static (provider, key) => provider.GetRequiredKeyedService<LfuDistributedCache>(key));
        return services;
    }

    /// <summary>Adds an <see cref="LfuMemoryCache"/> as the container's <see cref="IMemoryCache"/>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options, of which <see cref="LfuMemoryCacheOptions.SizeLimit"/> has no default. They are
    /// validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static IServiceCollection AddLfuMemoryCache(this IServiceCollection services, Action<LfuMemoryCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(services, Options.DefaultName, configure, static options => options.Validate());
        services.TryAddSingleton(static provider => new LfuMemoryCache(
            Settings<LfuMemoryCacheOptions>(provider, Options.DefaultName).SizeLimit, provider.GetService<TimeProvider>()));
        services.Replace(ServiceDescriptor.Singleton<IMemoryCache>(static provider => provider.GetRequiredService<LfuMemoryCache>()));
        return services;
    }

    /// <summary>Adds an <see cref="LfuMemoryCache"/> as a keyed <see cref="IMemoryCache"/>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddLfuMemoryCache(IServiceCollection, Action{LfuMemoryCacheOptions})" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddLfuMemoryCache(
        this IServiceCollection services, string name, Action<LfuMemoryCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(services, name, configure, static options => options.Validate());
        services.TryAddKeyedSingleton(name, (provider, _) => new LfuMemoryCache(
            Settings<LfuMemoryCacheOptions>(provider, name).SizeLimit, provider.GetService<TimeProvider>()));
        services.TryAddKeyedSingleton<IMemoryCache>(name, static (provider, key) => provider.GetRequiredKeyedService<LfuMemoryCache>(key));
        return services;
    }

    /// <summary>Adds an <see cref="LfuHybridCache"/> as the container's <see cref="HybridCache"/>. Its second level is the
    /// registered <see cref="IDistributedCache"/>, unless that lives in this process; its serializers are the registered
    /// ones.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddLfuHybridCache(this IServiceCollection services, Action<LfuHybridCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, Options.DefaultName, configure, static options => options.Validate());
        services.TryAddSingleton(static provider => CreateHybrid(provider, Options.DefaultName, provider.GetService<IDistributedCache>()));
        services.Replace(ServiceDescriptor.Singleton<HybridCache>(static provider => provider.GetRequiredService<LfuHybridCache>()));
        return services;
    }

    /// <summary>Adds an <see cref="LfuHybridCache"/> as a keyed <see cref="HybridCache"/>. Its second level is the
    /// <see cref="IDistributedCache"/> of the same key, or else the unnamed one.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddLfuHybridCache(IServiceCollection, Action{LfuHybridCacheOptions}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>Caches that share a second level share its keys: tell them apart by a prefix, or by a second level
    /// each.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddLfuHybridCache(
        this IServiceCollection services, string name, Action<LfuHybridCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure, static options => options.Validate());
        services.TryAddKeyedSingleton(name, (provider, key) => CreateHybrid(
            provider, name, provider.GetKeyedService<IDistributedCache>(key) ?? provider.GetService<IDistributedCache>()));
        services.TryAddKeyedSingleton<HybridCache>(name, static (provider, key) => provider.GetRequiredKeyedService<LfuHybridCache>(key));
        return services;
    }

    private static void AddOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        IServiceCollection services, string name, Action<TOptions>? configure, Action<TOptions> throwIfInvalid)
        where TOptions : class
    {
        OptionsBuilder<TOptions> options = services.AddOptionsWithValidateOnStart<TOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>>(new RulesValidator<TOptions>(throwIfInvalid)));
    }

    private static TOptions Settings<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(IServiceProvider provider, string name)
        where TOptions : class =>
        provider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);

    private static LfuHybridCache CreateHybrid(IServiceProvider provider, string name, IDistributedCache? distributed) =>
        new(
            Settings<LfuHybridCacheOptions>(provider, name),
            IsInThisProcess(distributed) ? null : distributed,
            provider,
            provider.GetService<TimeProvider>());

    // A second level in the same memory would only cost time. The platform's is known by name: its package is not
    // referenced here.
    private static bool IsInThisProcess(IDistributedCache? cache) =>
        cache is LfuDistributedCache
        || cache?.GetType().FullName == "Microsoft.Extensions.Caching.Distributed.MemoryDistributedCache";
}
