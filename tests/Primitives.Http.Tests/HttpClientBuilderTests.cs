using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Primitives.Testing;

namespace Primitives.Tests;

public class HttpClientBuilderTests
{
    private static readonly Uri Payments = new("https://payments.example/charge");

    [Fact]
    public async Task Handlers_are_over_singletons_that_outlive_their_rotation()
    {
        using StubServer server = StubServer.Always(HttpStatusCode.ServiceUnavailable);
        using ServiceProvider services = Register(server, TimeSpan.FromSeconds(1));
        IHttpClientFactory factory = services.GetRequiredService<IHttpClientFactory>();
        var chains = new HashSet<HttpMessageHandler>();
        IHttpMessageHandlerFactory handlers = services.GetRequiredService<IHttpMessageHandlerFactory>();
        for (int i = 1; i <= 2; i++)
        {
            // The factory has no clock of its own to be moved, and rotates when a timer comes to it: after a second or more.
            for (; chains.Count < i; await Task.Delay(TimeSpan.FromMilliseconds(20)))
            {
                chains.Add(handlers.CreateHandler("payments"));
            }

            using HttpClient client = factory.CreateClient("payments");
            await client.PostAsync(Payments, null);
        }

        // The handlers were rotated,
        CircuitBreakerSet<string> breakers = services.GetRequiredKeyedService<CircuitBreakerSet<string>>("payments");
        Assert.Equal(CircuitState.Open, Assert.Single(breakers.ToArray()).Value.State); // and two failures still met
        using HttpClient refused = factory.CreateClient("payments");
        await Assert.ThrowsAsync<CircuitOpenException>(() => refused.GetAsync(Payments));
    }

    [Fact]
    public async Task Retries_share_the_clients_budget_and_pass_the_breaker_one_by_one()
    {
        using StubServer server = StubServer.Sequence(HttpStatusCode.BadGateway, HttpStatusCode.OK);
        using ServiceProvider services = Register(server, TimeSpan.FromMinutes(2));
        using HttpClient client = services.GetRequiredService<IHttpClientFactory>().CreateClient("payments");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Payments)).StatusCode);

        Assert.Equal(1, services.GetRequiredKeyedService<RetryBudget>("payments").Granted);
        Assert.Equal(0, services.GetRequiredKeyedService<Bulkhead>("payments").InUse);
        CircuitBreaker breaker = services.GetRequiredKeyedService<CircuitBreakerSet<string>>("payments").Get("https://payments.example");
        Assert.Equal((1, 1), (breaker.Statistics.Failed, breaker.Statistics.Succeeded));
    }

    [Fact]
    public async Task The_clock_is_the_containers_and_another_clients_state_is_its_own()
    {
        var time = new ManualTimeProvider();
        using StubServer server = StubServer.Always(HttpStatusCode.ServiceUnavailable);
        using ServiceProvider services = Register(server, TimeSpan.FromMinutes(2), time);
        using HttpClient client = services.GetRequiredService<IHttpClientFactory>().CreateClient("payments");
        await client.PostAsync(Payments, null);
        await client.PostAsync(Payments, null);
        CircuitBreaker breaker = services.GetRequiredKeyedService<CircuitBreakerSet<string>>("payments").Get("https://payments.example");
        Assert.Equal(CircuitState.Open, breaker.State);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.Equal(0, services.GetRequiredKeyedService<CircuitBreakerSet<string>>("").Count);
    }

    [Fact]
    public void A_bad_setting_stops_the_application_at_start()
    {
        var collection = new ServiceCollection();
        collection.AddHttpClient("payments").AddCircuitBreaker(o => o.FailureRatio = 3);
        using ServiceProvider services = collection.BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        foreach (Action<RetryOptions> configure in (Action<RetryOptions>[])
            [o => o.AttemptTimeout = TimeSpan.Zero, o => o.MaxServerDelay = TimeSpan.MaxValue, o => o.TimeProvider = null!])
        {
            collection = [];
            collection.AddHttpClient("payments").AddRetry(configure);
            using ServiceProvider retrying = collection.BuildServiceProvider();
            Assert.Throws<OptionsValidationException>(() => retrying.GetRequiredService<IStartupValidator>().Validate());
        }

        Assert.Throws<ArgumentNullException>("builder", () => HttpClientBuilderResilienceExtensions.AddRetry(null!));
        Assert.Throws<ArgumentNullException>("builder", () => HttpClientBuilderResilienceExtensions.AddBulkhead(null!));
        Assert.Throws<ArgumentNullException>("builder", () => HttpClientBuilderResilienceExtensions.AddCircuitBreaker((IHttpClientBuilder)null!));
    }

    [Fact]
    public async Task A_health_check_tells_what_is_not_closed()
    {
        var time = new ManualTimeProvider();
        var set = new CircuitBreakerSet<string>(new CircuitBreakerOptions { MinimumThroughput = 1 }, timeProvider: time);
        var check = new CircuitBreakerHealthCheck(set);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("payments", check, HealthStatus.Unhealthy, null) };
        set.Get("a");
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        set.Get("b").Acquire().Failure();
        HealthCheckResult result = await check.CheckHealthAsync(context);
        Assert.Equal((HealthStatus.Unhealthy, "b: Open"), (result.Status, result.Description));
        time.Advance(TimeSpan.FromSeconds(5));
        result = await check.CheckHealthAsync(context);
        Assert.Equal((HealthStatus.Degraded, "HalfOpen"), (result.Status, result.Data["b"]));

        var one = new CircuitBreakerHealthCheck(set.Get("b"));
        Assert.Equal(HealthStatus.Degraded, (await one.CheckHealthAsync(context)).Status);
        Assert.Throws<ArgumentNullException>("breaker", () => new CircuitBreakerHealthCheck((CircuitBreaker)null!));
        Assert.Throws<ArgumentNullException>("breakers", () => new CircuitBreakerHealthCheck((CircuitBreakerSet<string>)null!));
    }

    private static ServiceProvider Register(StubServer server, TimeSpan handlerLifetime, TimeProvider? time = null)
    {
        var collection = new ServiceCollection();
        if (time is not null)
        {
            collection.AddSingleton(time);
        }

        collection.AddHttpClient("payments")
            .SetHandlerLifetime(handlerLifetime)
            .ConfigurePrimaryHttpMessageHandler(() => server)
            .AddRetry(o => o.Backoff = Backoff.Constant(TimeSpan.FromMilliseconds(1)).WithMaxAttempts(3))
            .AddCircuitBreaker(o => (o.MinimumThroughput, o.Break) = (2, Backoff.Constant(TimeSpan.FromSeconds(5), BackoffJitter.None)))
            .AddBulkhead(o => o.MaxConcurrency = 5);
        collection.AddHttpClient("").AddCircuitBreaker().AddRetry().AddBulkhead();
        return collection.BuildServiceProvider();
    }
}
