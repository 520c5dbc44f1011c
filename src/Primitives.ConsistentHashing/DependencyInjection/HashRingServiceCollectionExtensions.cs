using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers <see cref="HashRingRouter{TNode}"/>s with a service collection.</summary>
public static class HashRingServiceCollectionExtensions
{
    /// <summary>Adds the unnamed router of a type of node as a singleton.</summary>
    /// <typeparam name="TNode">What a lookup returns.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere or the ring
    /// starts empty. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>The options make the first ring; <see cref="HashRingRouter{TNode}.Update"/> makes the next ones. The router
    /// reports its nodes and points to the container's meter factory, if there is one, as
    /// <c>Primitives.ConsistentHashing</c>. Adding it twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddHashRing<TNode>(
        this IServiceCollection services, Action<HashRingOptions<TNode>>? configure = null)
        where TNode : notnull
    {
        ArgumentNullException.ThrowIfNull(services);

        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(static provider => Create<TNode>(provider, Options.DefaultName));
        return services;
    }

    /// <summary>Adds a router as a keyed singleton:
    /// <c>[FromKeyedServices("shards")] HashRingRouter&lt;string> router</c>.</summary>
    /// <typeparam name="TNode">What a lookup returns.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure"><inheritdoc cref="AddHashRing{TNode}(IServiceCollection, Action{HashRingOptions{TNode}}?)" path="/param[@name='configure']"/></param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>As for the unnamed router.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddHashRing<TNode>(
        this IServiceCollection services, string name, Action<HashRingOptions<TNode>>? configure = null)
        where TNode : notnull
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create<TNode>(provider, name));
        return services;
    }

    private static void AddOptions<TNode>(IServiceCollection services, string name, Action<HashRingOptions<TNode>>? configure)
        where TNode : notnull
    {
        OptionsBuilder<HashRingOptions<TNode>> options = services.AddOptionsWithValidateOnStart<HashRingOptions<TNode>>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<HashRingOptions<TNode>>>(new HashRingOptionsValidator<TNode>()));
        services.TryAddSingleton(static provider => new HashRingMetrics(provider.GetService<IMeterFactory>()));
    }

    private static HashRingRouter<TNode> Create<TNode>(IServiceProvider provider, string name)
        where TNode : notnull
    {
        HashRingOptions<TNode> options = provider.GetRequiredService<IOptionsMonitor<HashRingOptions<TNode>>>().Get(name);
        var router = new HashRingRouter<TNode>(options.CreateRing());
        provider.GetRequiredService<HashRingMetrics>().Observe(name, router);
        return router;
    }
}
