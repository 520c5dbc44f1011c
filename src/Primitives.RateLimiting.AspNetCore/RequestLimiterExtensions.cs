using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Registers and uses <see cref="RequestLimiter"/>s.</summary>
public static class RequestLimiterExtensions
{
    /// <summary>Adds a limiter of requests as a keyed singleton, over the <see cref="KeyedRateLimiter{TKey}"/> of strings
    /// that is registered under the same name.</summary>
    /// <param name="services">The collection.</param>
    /// <param name="name">The key, and the name of the options. Not empty.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>Adding the same name twice adds one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddRequestLimiter(
        this IServiceCollection services, string name, Action<RequestLimiterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);

        OptionsBuilder<RequestLimiterOptions> options = services.AddOptionsWithValidateOnStart<RequestLimiterOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RequestLimiterOptions>, RequestLimiterOptionsValidator>());
        services.TryAddKeyedSingleton(name, (provider, _) => new RequestLimiter(
            provider.GetRequiredKeyedService<KeyedRateLimiter<string>>(name),
            provider.GetRequiredService<IOptionsMonitor<RequestLimiterOptions>>().Get(name)));
        return services;
    }

    /// <summary>Limits all requests that come to this point of the pipeline.</summary>
    /// <param name="app">The application.</param>
    /// <param name="name">The name the limiter was added under.</param>
    /// <returns><paramref name="app"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">There is no such limiter.</exception>
    public static IApplicationBuilder UseRequestLimiter(this IApplicationBuilder app, string name)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(name);

        RequestLimiter limiter = app.ApplicationServices.GetRequiredKeyedService<RequestLimiter>(name);
        return app.Use(next => context => limiter.InvokeAsync(context, next));
    }

    /// <summary>Limits the requests of an endpoint of any kind, or of a group of them, before its arguments are read.</summary>
    /// <typeparam name="TBuilder">The type of builder.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="name">The name the limiter was added under.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>If no limiter was added under the name, requests fail with an <see cref="InvalidOperationException"/>.</remarks>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static TBuilder LimitRequests<TBuilder>(this TBuilder builder, string name)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);

        // Around the handler and not as an endpoint filter: that would run when the body was read already, and not at all on
        // endpoints that know no filters, such as pages and hubs.
        builder.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is { } handler)
            {
                endpoint.RequestDelegate = context =>
                    context.RequestServices.GetRequiredKeyedService<RequestLimiter>(name).InvokeAsync(context, handler);
            }
        });
        return builder;
    }
}
