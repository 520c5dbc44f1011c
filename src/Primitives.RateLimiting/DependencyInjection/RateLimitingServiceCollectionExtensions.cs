using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers rate limiters with a service collection.</summary>
/// <remarks>
/// <para>Every limiter is a singleton, keyed by its name; without a name it is registered without a key. Its options have the
/// same name and are validated on start. It takes its <see cref="TimeProvider"/> from the container if one is registered,
/// and reports to the container's meter factory, if there is one, as <c>Primitives.RateLimiting</c>. Adding the same name
/// twice adds one limiter.</para>
/// <para>When configuration reloads, the limiter is reconfigured, as its <c>Reconfigure</c> says: what was taken stays taken.
/// Settings other than quotas stay as they were. A reload with a wrong setting throws where it is raised and changes
/// nothing.</para>
/// </remarks>
public static class RateLimitingServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="TokenBucketLimiter"/> without a name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddTokenBucket(this IServiceCollection services, Action<TokenBucketOptions>? configure = null) =>
        AddTokenBucketCore(services, null, configure);

    /// <summary>Adds a <see cref="TokenBucketLimiter"/> as a keyed singleton: <c>[FromKeyedServices("api")]</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddTokenBucket(this IServiceCollection services, string name, Action<TokenBucketOptions>? configure = null) =>
        AddTokenBucketCore(services, Checked(name), configure);

    /// <summary>Adds a <see cref="LeakyBucketLimiter"/> without a name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddLeakyBucket(this IServiceCollection services, Action<LeakyBucketOptions>? configure = null) =>
        AddLeakyBucketCore(services, null, configure);

    /// <summary>Adds a <see cref="LeakyBucketLimiter"/> as a keyed singleton: <c>[FromKeyedServices("api")]</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddLeakyBucket(this IServiceCollection services, string name, Action<LeakyBucketOptions>? configure = null) =>
        AddLeakyBucketCore(services, Checked(name), configure);

    /// <summary>Adds a <see cref="FixedWindowLimiter"/> without a name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddFixedWindow(this IServiceCollection services, Action<FixedWindowOptions>? configure = null) =>
        AddFixedWindowCore(services, null, configure);

    /// <summary>Adds a <see cref="FixedWindowLimiter"/> as a keyed singleton: <c>[FromKeyedServices("api")]</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddFixedWindow(this IServiceCollection services, string name, Action<FixedWindowOptions>? configure = null) =>
        AddFixedWindowCore(services, Checked(name), configure);

    /// <summary>Adds a <see cref="SlidingWindowLogLimiter"/> without a name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddSlidingWindowLog(this IServiceCollection services, Action<SlidingWindowLogOptions>? configure = null) =>
        AddSlidingWindowLogCore(services, null, configure);

    /// <summary>Adds a <see cref="SlidingWindowLogLimiter"/> as a keyed singleton: <c>[FromKeyedServices("api")]</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddSlidingWindowLog(this IServiceCollection services, string name, Action<SlidingWindowLogOptions>? configure = null) =>
        AddSlidingWindowLogCore(services, Checked(name), configure);

    /// <summary>Adds a <see cref="SlidingWindowCounterLimiter"/> without a name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddSlidingWindowCounter(this IServiceCollection services, Action<SlidingWindowCounterOptions>? configure = null) =>
        AddSlidingWindowCounterCore(services, null, configure);

    /// <summary>Adds a <see cref="SlidingWindowCounterLimiter"/> as a keyed singleton: <c>[FromKeyedServices("api")]</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddSlidingWindowCounter(this IServiceCollection services, string name, Action<SlidingWindowCounterOptions>? configure = null) =>
        AddSlidingWindowCounterCore(services, Checked(name), configure);

    /// <summary>Adds a <see cref="CompositeLimiter"/> without a name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddCompositeLimiter(this IServiceCollection services, Action<CompositeLimiterOptions>? configure = null) =>
        AddCompositeLimiterCore(services, null, configure);

    /// <summary>Adds a <see cref="CompositeLimiter"/> as a keyed singleton: <c>[FromKeyedServices("api")]</c>.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddCompositeLimiter(this IServiceCollection services, string name, Action<CompositeLimiterOptions>? configure = null) =>
        AddCompositeLimiterCore(services, Checked(name), configure);

    /// <summary>Adds a <see cref="KeyedRateLimiter{TKey}"/> without a name.</summary>
    /// <typeparam name="TKey">The type of key.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddKeyedRateLimiter<TKey>(
        this IServiceCollection services, Action<KeyedRateLimiterOptions<TKey>>? configure = null)
        where TKey : notnull => AddKeyedCore(services, null, configure);

    /// <summary>Adds a <see cref="KeyedRateLimiter{TKey}"/> as a keyed singleton: <c>[FromKeyedServices("clients")]</c>.</summary>
    /// <typeparam name="TKey">The type of key.</typeparam>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/> if they are configured elsewhere.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddKeyedRateLimiter<TKey>(
        this IServiceCollection services, string name, Action<KeyedRateLimiterOptions<TKey>>? configure = null)
        where TKey : notnull => AddKeyedCore(services, Checked(name), configure);

    private static IServiceCollection AddTokenBucketCore(IServiceCollection services, string? name, Action<TokenBucketOptions>? configure) =>
        AddLimiter<TokenBucketLimiter, TokenBucketOptions>(
            services, name, configure, static (options, time) => new(options, time), static (limiter, options) => limiter.Reconfigure(options.ToQuota()));

    private static IServiceCollection AddLeakyBucketCore(IServiceCollection services, string? name, Action<LeakyBucketOptions>? configure) =>
        AddLimiter<LeakyBucketLimiter, LeakyBucketOptions>(
            services, name, configure, static (options, time) => new(options, time), static (limiter, options) => limiter.Reconfigure(options.ToQuota()));

    private static IServiceCollection AddFixedWindowCore(IServiceCollection services, string? name, Action<FixedWindowOptions>? configure) =>
        AddLimiter<FixedWindowLimiter, FixedWindowOptions>(
            services, name, configure, static (options, time) => new(options, time), static (limiter, options) => limiter.Reconfigure(options.ToQuota()));

    private static IServiceCollection AddSlidingWindowLogCore(IServiceCollection services, string? name, Action<SlidingWindowLogOptions>? configure) =>
        AddLimiter<SlidingWindowLogLimiter, SlidingWindowLogOptions>(
            services, name, configure, static (options, time) => new(options, time), static (limiter, options) => limiter.Reconfigure(options.ToQuota()));

    private static IServiceCollection AddSlidingWindowCounterCore(IServiceCollection services, string? name, Action<SlidingWindowCounterOptions>? configure) =>
        AddLimiter<SlidingWindowCounterLimiter, SlidingWindowCounterOptions>(
            services, name, configure, static (options, time) => new(options, time), static (limiter, options) => limiter.Reconfigure(options.ToQuota()));

    private static IServiceCollection AddCompositeLimiterCore(IServiceCollection services, string? name, Action<CompositeLimiterOptions>? configure) =>
        AddLimiter<CompositeLimiter, CompositeLimiterOptions>(
            services, name, configure, static (options, time) => new(options, time), static (limiter, options) => limiter.Reconfigure(options.ToQuotas()));

    private static IServiceCollection AddLimiter<TLimiter, TOptions>(
        IServiceCollection services,
        string? name,
        Action<TOptions>? configure,
        Func<TOptions, TimeProvider?, TLimiter> create,
        Action<TLimiter, TOptions> reconfigure)
        where TLimiter : QuotaLimiter
        where TOptions : LimiterOptions, new() =>
        Add(
            services,
            name,
            configure,
            static options => options.Problem(),
            create,
            reconfigure,
            static (metrics, name, limiter) => metrics.Observe(name, limiter));

    private static IServiceCollection AddKeyedCore<TKey>(
        IServiceCollection services, string? name, Action<KeyedRateLimiterOptions<TKey>>? configure)
        where TKey : notnull =>
        Add<KeyedRateLimiter<TKey>, KeyedRateLimiterOptions<TKey>>(
            services,
            name,
            configure,
            static options => options.Problem(),
            static (options, time) => new(options, time),
            static (limiter, options) => limiter.Reconfigure(options.ToClasses()),
            static (metrics, name, limiter) => metrics.Observe(name, limiter));

    private static IServiceCollection Add<TLimiter, TOptions>(
        IServiceCollection services,
        string? name,
        Action<TOptions>? configure,
        Func<TOptions, string?> problem,
        Func<TOptions, TimeProvider?, TLimiter> create,
        Action<TLimiter, TOptions> reconfigure,
        Action<RateLimitingMetrics, string, TLimiter> observe)
        where TLimiter : class
        where TOptions : class, new()
    {
        ArgumentNullException.ThrowIfNull(services);

        string optionsName = name ?? Options.DefaultName;
        OptionsBuilder<TOptions> builder = services.AddOptionsWithValidateOnStart<TOptions>(optionsName);
        if (configure is not null)
        {
            builder.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>>(new LimiterOptionsValidator<TOptions>(problem)));
        services.TryAddSingleton(_ => new ReloadSubscriptions());
        services.TryAddSingleton(provider => new RateLimitingMetrics(provider.GetService<IMeterFactory>()));
        if (name is null)
        {
            services.TryAddSingleton(Create);
        }
        else
        {
            services.TryAddKeyedSingleton(name, (provider, _) => Create(provider));
        }

        return services;

        TLimiter Create(IServiceProvider provider)
        {
            var monitor = provider.GetRequiredService<IOptionsMonitor<TOptions>>();
            TLimiter limiter = create(monitor.Get(optionsName), provider.GetService<TimeProvider>());
            observe(provider.GetRequiredService<RateLimitingMetrics>(), optionsName, limiter);
            provider.GetRequiredService<ReloadSubscriptions>().Keep(monitor.OnChange((options, changed) =>
            {
                if (changed == optionsName)
                {
                    reconfigure(limiter, options);
                }
            }));
            return limiter;
        }
    }

    private static string Checked(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name;
    }
}
