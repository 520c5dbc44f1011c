using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>Adds the suite's handlers to clients of <see cref="IHttpClientFactory"/>. The first added is the outermost:
/// retry, then circuit breaker, then bulkhead is the order that fits most.</summary>
public static class HttpClientBuilderResilienceExtensions
{
    /// <summary>Adds a <see cref="RetryHandler"/>, with a budget shared by all requests of the client.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>Where <see cref="RetryOptions.Budget"/> is <see langword="null"/>, it is the container's keyed
    /// <see cref="RetryBudget"/> of the client's name: 20 % of the requests unless configured otherwise. The clock is the
    /// container's <see cref="TimeProvider"/> if there is one.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddRetry(this IHttpClientBuilder builder, Action<RetryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        OptionsBuilder<RetryOptions> options = builder.Services.AddOptions<RetryOptions>(name);
        options.Configure<IServiceProvider>((o, provider) => o.TimeProvider = provider.GetService<TimeProvider>() ?? o.TimeProvider);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.PostConfigure<IServiceProvider>((o, provider) => o.Budget ??=
            name.Length > 0 ? provider.GetRequiredKeyedService<RetryBudget>(name) : provider.GetRequiredService<RetryBudget>());
        _ = name.Length > 0 ? builder.Services.AddRetryBudget(name) : builder.Services.AddRetryBudget();
        return builder.AddHttpMessageHandler(
            provider => new RetryHandler(provider.GetRequiredService<IOptionsMonitor<RetryOptions>>().Get(name)));
    }

    /// <summary>Adds a <see cref="CircuitBreakerHandler"/>: a breaker per scheme, host and port, or per key of your own.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets the options of every breaker; may be <see langword="null"/>. They are validated on
    /// start.</param>
    /// <param name="key">Gives the key of a request's breaker; scheme, host and port when <see langword="null"/>.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>The breakers are the container's keyed <c>CircuitBreakerSet&lt;string&gt;</c> of the client's name, a
    /// singleton: they outlive the factory's handlers, and can be looked at and isolated.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddCircuitBreaker(
        this IHttpClientBuilder builder, Action<CircuitBreakerOptions>? configure = null, Func<HttpRequestMessage, string>? key = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        builder.Services.AddCircuitBreakerSet<string>(name, configure);
        return builder.AddHttpMessageHandler(
            provider => new CircuitBreakerHandler(provider.GetRequiredKeyedService<CircuitBreakerSet<string>>(name), key));
    }

    /// <summary>Adds a <see cref="BulkheadHandler"/>: one bulkhead for all requests of the client.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets the options; may be <see langword="null"/>. They are validated on start.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>The bulkhead is the container's keyed <see cref="Bulkhead"/> of the client's name.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddBulkhead(this IHttpClientBuilder builder, Action<BulkheadOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        _ = name.Length > 0 ? builder.Services.AddBulkhead(name, configure) : builder.Services.AddBulkhead(configure);
        return builder.AddHttpMessageHandler(provider => new BulkheadHandler(
            name.Length > 0 ? provider.GetRequiredKeyedService<Bulkhead>(name) : provider.GetRequiredService<Bulkhead>()));
    }
}
