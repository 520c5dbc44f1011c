using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Primitives;

namespace Snippets;

/// <summary>The code blocks of docs/http.md and of the package's README.</summary>
public static class HttpSnippets
{
    public static void QuickStart()
    {
        var services = new ServiceCollection();

        #region quick-start
        services.AddHttpClient("payments", client => client.Timeout = Timeout.InfiniteTimeSpan)
            .AddRetry(o =>
            {
                o.Backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(200), cap: TimeSpan.FromSeconds(10))
                    .WithMaxAttempts(4)
                    .WithMaxElapsed(TimeSpan.FromSeconds(20));
                o.AttemptTimeout = TimeSpan.FromSeconds(3);
            })
            .AddCircuitBreaker(o => o.SlowCallThreshold = TimeSpan.FromSeconds(2))
            .AddBulkhead(o => (o.MaxConcurrency, o.MaxQueue) = (50, 100));
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("payments");
        Check.That(provider.GetRequiredKeyedService<Bulkhead>("payments").MaxConcurrency == 50, "registered");
    }

    public static async Task WithoutFactory()
    {
        #region without-factory
        var breakers = new CircuitBreakerSet<string>(); // keep it as long as the client
        using var client = new HttpClient(new CircuitBreakerHandler(breakers) { InnerHandler = new SocketsHttpHandler() });
        #endregion

        breakers.Get("http://127.0.0.1:9").Isolate();
        try
        {
            await client.GetAsync(new Uri("http://127.0.0.1:9/"));
            Check.That(false, "refused");
        }
        catch (CircuitOpenException refusal)
        {
            Check.That(refusal.Reason == CircuitRejection.Isolated, "isolated");
        }
    }

    public static async Task Health()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("payments").AddCircuitBreaker();
        using ServiceProvider provider = services.BuildServiceProvider();

        #region health
        var registration = new HealthCheckRegistration(
            "payments",
            p => new CircuitBreakerHealthCheck(p.GetRequiredKeyedService<CircuitBreakerSet<string>>("payments")),
            failureStatus: HealthStatus.Degraded,
            tags: ["ready"]); // services.AddHealthChecks().Add(registration)
        #endregion

        HealthCheckResult result = await registration.Factory(provider).CheckHealthAsync(new HealthCheckContext { Registration = registration });
        Check.That(result.Status == HealthStatus.Healthy, "healthy");
    }
}
