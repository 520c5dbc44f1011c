using System.Diagnostics;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public sealed class RequestLimiterTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _time = new();
    private WebApplication? _app;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    [Fact]
    public async Task Headers_are_on_success_and_on_refusal_and_the_retry_time_is_exact_to_the_second()
    {
        HttpClient client = await Start(app => app.UseRequestLimiter("api"));
        HttpResponseMessage ok = await Get(client, "alice");
        Assert.Equal(HttpStatusCode.OK, ok.StatusCode);
        Assert.Equal("\"burst\";q=2;w=4, \"daily\";q=10;w=86400", Header(ok, "RateLimit-Policy"));
        Assert.Equal("\"burst\";r=1;t=2", Header(ok, "RateLimit"));
        Assert.Null(ok.Headers.RetryAfter);

        await Get(client, "alice");
        _time.Advance(TimeSpan.FromMilliseconds(700));
        HttpResponseMessage refused = await Get(client, "alice");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter!.Delta); // 1.3 s, rounded up
        Assert.Equal("\"burst\";r=0;t=2", Header(refused, "RateLimit"));
        Assert.Equal("\"burst\";q=2;w=4, \"daily\";q=10;w=86400", Header(refused, "RateLimit-Policy"));
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "bob")).StatusCode);

        _time.Advance(TimeSpan.FromMilliseconds(1_299));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Get(client, "alice")).StatusCode);
        _time.Advance(TimeSpan.FromMilliseconds(701));
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
    }

    [Fact]
    public async Task A_limited_endpoint_limits_itself_alone()
    {
        HttpClient client = await Start(_ => { }, endpoint => endpoint.LimitRequests("api"));
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        HttpResponseMessage refused = await Get(client, "alice");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("", await refused.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice", "/free")).StatusCode);
    }

    [Fact]
    public async Task However_many_times_a_request_is_asked_about_it_is_decided_and_charged_once()
    {
        HttpClient client = await Start(
            app =>
            {
                app.UseRequestLimiter("api");
                app.UseRequestLimiter("api");
            },
            endpoint => endpoint.LimitRequests("api"));
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Get(client, "alice")).StatusCode);
        KeyedRateLimiterTotals totals = Limiter.Totals;
        Assert.Equal((2L, 1L), (totals.Granted, totals.Refused));
    }

    [Fact]
    public async Task It_is_a_global_limiter_that_decides_once_though_the_platform_asks_twice()
    {
        HttpClient client = await Start(
            app => app.UseRateLimiter(),
            services: AsGlobalLimiter);
        await Get(client, "alice");
        await Get(client, "alice");
        HttpResponseMessage refused = await Get(client, "alice");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter!.Delta);
        Assert.Equal((2L, 1L), (Limiter.Totals.Granted, Limiter.Totals.Refused));
    }

    [Fact]
    public async Task Shadow_mode_counts_and_reports_but_lets_everyone_through_without_headers()
    {
        int reported = 0;
        HttpClient client = await Start(app => app.UseRequestLimiter("api"), configure: options =>
        {
            options.Shadow = true;
            options.OnRefused = (_, decision) => reported += decision.IsAcquired ? 100 : 1;
        });
        for (int i = 0; i < 5; i++)
        {
            HttpResponseMessage response = await Get(client, "alice");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.False(response.Headers.Contains("RateLimit"));
        }

        Assert.Equal(3, reported);
        Assert.Equal(3, _app!.Services.GetRequiredKeyedService<RequestLimiter>("api").ShadowRefusals);
    }

    [Fact]
    public async Task Permits_of_responses_with_certain_status_codes_are_given_back()
    {
        HttpClient client = await Start(app => app.UseRequestLimiter("api"), configure: options => options.RefundStatusCodes.Add(404));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await Get(client, "alice", "/missing")).StatusCode);
            var begun = Stopwatch.StartNew();
            while (Limiter.Peek("alice").Remaining < 2 && begun.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Yield(); // the client may have the response before the server has finished with it
            }
        }

        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Get(client, "alice")).StatusCode);
    }

    [Fact]
    public async Task A_request_that_ends_without_a_response_keeps_its_permits()
    {
        // Only failed logins are to count. A client that goes away in the middle of one leaves the status code at 200.
        await Start(_ => { }, configure: options => options.RefundStatusCodes.Add(200));
        RequestLimiter limiter = _app!.Services.GetRequiredKeyedService<RequestLimiter>("api");
        foreach (bool hasStarted in (bool[])[false, true])
        {
            var context = new DefaultHttpContext();
            var response = new CompletingResponse();
            context.Features.Set<IHttpResponseFeature>(response);
            context.Request.QueryString = new QueryString("?client=alice");
            await Assert.ThrowsAsync<OperationCanceledException>(() => limiter.InvokeAsync(context, _ => throw new OperationCanceledException()));
            Assert.Equal(hasStarted ? 0 : 1, Limiter.Peek("alice").Remaining);
            await response.CompleteAsync(hasStarted);
            Assert.Equal(1, Limiter.Peek("alice").Remaining);
        }
    }

    [Fact]
    public async Task Middleware_endpoint_and_global_limiter_together_decide_once()
    {
        HttpClient client = await Start(
            app =>
            {
                app.UseRequestLimiter("api");
                app.UseRateLimiter();
            },
            endpoint => endpoint.LimitRequests("api"),
            services: AsGlobalLimiter);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(i < 2 ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, (await Get(client, "alice")).StatusCode);
        }

        Assert.Equal((2L, 1L), (Limiter.Totals.Granted, Limiter.Totals.Refused));
    }

    [Fact]
    public async Task Endpoints_of_any_kind_are_limited_before_their_arguments_are_read()
    {
        HttpClient client = await Start(app =>
        {
            app.MapPost("/body", (Dictionary<string, string> body) => body.Count).LimitRequests("api");
            app.Map("/handler", (RequestDelegate)(context => context.Response.WriteAsync("handled"))).LimitRequests("api");
            RouteGroupBuilder group = app.MapGroup("/group");
            group.MapGet("/a", () => "a");
            group.LimitRequests("api");
        });
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice", "/handler")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice", "/group/a")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Get(client, "alice", "/handler")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Get(client, "alice", "/group/a")).StatusCode);
        using HttpResponseMessage refused = await client.PostAsync("/body?client=alice", new StringContent("no JSON", null, "application/json"));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode); // and not 400
    }

    [Fact]
    public async Task What_the_selectors_throw_fails_the_request_and_charges_nothing()
    {
        string failing = "key";
        HttpClient client = await Start(app => app.UseRequestLimiter("api"), configure: options =>
        {
            options.Key = context => failing == "key" ? throw new InvalidTimeZoneException("key") : "alice";
            options.Cost = context => failing switch { "cost" => throw new InvalidTimeZoneException("cost"), "large" => 3, "negative" => -1, _ => 1 };
            options.OnRefused = (_, _) => throw new InvalidTimeZoneException("refused");
        });
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.GetAsync("/"));
        failing = "cost";
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.GetAsync("/"));
        failing = "large";
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetAsync("/")); // more than could ever be granted
        failing = "negative";
        using HttpResponseMessage unlimited = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, unlimited.StatusCode);
        Assert.False(unlimited.Headers.Contains("RateLimit"));
        Assert.Equal((0L, 0L), (Limiter.Totals.Granted, Limiter.Totals.Refused));

        failing = "none";
        await client.GetAsync("/");
        await client.GetAsync("/");
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.GetAsync("/"));
        Assert.Equal((2L, 1L), (Limiter.Totals.Granted, Limiter.Totals.Refused));
    }

    [Fact]
    public async Task A_response_that_has_started_goes_on_without_headers()
    {
        HttpClient client = await Start(app =>
        {
            app.Use(next => async context =>
            {
                await context.Response.WriteAsync("started ");
                await next(context);
            });
            app.UseRequestLimiter("api");
            app.Run(context => context.Response.WriteAsync("hello"));
        });
        using HttpResponseMessage response = await Get(client, "alice");
        Assert.Equal("started hello", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("RateLimit"));
        Assert.Equal(1, Limiter.Totals.Granted);
    }

    [Fact]
    public async Task The_lease_of_a_refusal_carries_the_decision()
    {
        await Start(app => app.UseRequestLimiter("api"));
        RequestLimiter limiter = _app!.Services.GetRequiredKeyedService<RequestLimiter>("api");
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?client=alice");
        Limiter.TryAcquire("alice", 2);
        using RateLimitLease refused = limiter.AttemptAcquire(context);
        Assert.All(refused.MetadataNames, name => Assert.True(refused.TryGetMetadata(name, out object? value) && value is not null));
        Assert.True(refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan retryAfter));
        Assert.True(refused.TryGetMetadata(RateLimitMetadata.Limit, out int limit));
        Assert.Equal((TimeSpan.FromSeconds(2), 2), (retryAfter, limit));
        Assert.False(refused.TryGetMetadata("REASON_PHRASE", out _));
        Assert.Equal(0, limiter.GetStatistics(context)!.CurrentAvailablePermits);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => limiter.AcquireAsync(context, 1, new CancellationToken(true)).AsTask());
        var another = new DefaultHttpContext();
        another.Request.QueryString = new QueryString("?client=bob");
        using RateLimitLease granted = limiter.AttemptAcquire(another);
        Assert.True(granted.IsAcquired);
        Assert.Empty(granted.MetadataNames);
        Assert.Null(limiter.GetStatistics(new DefaultHttpContext()));
    }

    [Fact]
    public async Task Costs_keys_status_and_body_are_the_users()
    {
        HttpClient client = await Start(app => app.UseRequestLimiter("api"), configure: options =>
        {
            options.Cost = context => context.Request.Path == "/free" ? 0 : 2;
            options.StatusCode = 503;
            options.Headers = false;
            options.WriteRefusal = (context, decision) => context.Response.WriteAsync($"wait {decision.RetryAfter.TotalSeconds} s");
        });
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        HttpResponseMessage refused = await Get(client, "alice");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("wait 4 s", await refused.Content.ReadAsStringAsync());
        Assert.False(refused.Headers.Contains("RateLimit"));
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice", "/free")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "")).StatusCode); // no key: not limited
    }

    [Fact]
    public void Names_that_a_header_cannot_hold_are_made_to_fit()
    {
        RateQuota[] quotas = [RateQuota.PerSecond(1) with { Name = "a\"b\\c\u00e9\r\n" }, new RateQuota(5, TimeSpan.FromMilliseconds(1_500))];
        Assert.Equal("\"a\\\"b\\\\c___\";q=1;w=1, \"default-1\";q=5;w=2", RateLimitFields.Policy(quotas));
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8:1:2:aaaa::1", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:bbbb::7", "2001:db8:1:2::")]
    [InlineData("fe80::1%3", "fe80::")]
    [InlineData("::1", "::")]
    public void A_client_is_an_IPv4_address_or_an_IPv6_network(string address, string expected)
    {
        var context = new DefaultHttpContext();
        Assert.Null(ClientAddress.Of(context));
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        Assert.Equal(expected, ClientAddress.Of(context));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        var keyed = new KeyedRateLimiterOptions<string> { Quotas = { RateQuota.PerSecond(1) } };
        using var limiter = new KeyedRateLimiter<string>(keyed);
        Assert.Throws<ArgumentNullException>(() => new RequestLimiter(null!, new RequestLimiterOptions()));
        Assert.Throws<ArgumentNullException>(() => new RequestLimiter(limiter, null!));
        Assert.Throws<ArgumentException>(() => new RequestLimiter(limiter, new RequestLimiterOptions { StatusCode = 200 }));
        Assert.Throws<ArgumentException>(() => new RequestLimiter(limiter, new RequestLimiterOptions { Key = null! }));
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddRequestLimiter(""));
        using ServiceProvider provider = new ServiceCollection().AddRequestLimiter("api", options => options.StatusCode = 1).BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
    }

    private KeyedRateLimiter<string> Limiter => _app!.Services.GetRequiredKeyedService<KeyedRateLimiter<string>>("api");

    private async Task<HttpClient> Start(
        Action<WebApplication> use,
        Action<RouteHandlerBuilder>? endpoint = null,
        Action<RequestLimiterOptions>? configure = null,
        Action<IServiceCollection>? services = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddKeyedRateLimiter<string>("api", options =>
        {
            options.Capacity = 1_000;
            options.Quotas.Add(new RateQuota(2, TimeSpan.FromSeconds(4)) { Name = "burst" });
            options.Quotas.Add(RateQuota.PerDay(10) with { Name = "daily" });
        });
        builder.Services.AddRequestLimiter("api", options =>
        {
            options.Key = context => context.Request.Headers["X-Client"].FirstOrDefault() ?? context.Request.Query["client"];
            configure?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        _app = builder.Build();
        use(_app);
        RouteHandlerBuilder limited = _app.MapGet("/", () => "hello");
        endpoint?.Invoke(limited);
        _app.MapGet("/free", () => "free");
        await _app.StartAsync();
        return _app.GetTestClient();
    }

    private static void AsGlobalLimiter(IServiceCollection services) =>
        services.AddRateLimiter(_ => { }).AddSingleton<IConfigureOptions<RateLimiterOptions>>(provider =>
            new ConfigureOptions<RateLimiterOptions>(options =>
            {
                options.GlobalLimiter = provider.GetRequiredKeyedService<RequestLimiter>("api");
                options.RejectionStatusCode = 429;
            }));

    private static async Task<HttpResponseMessage> Get(HttpClient client, string name, string path = "/")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Client", name);
        return await client.SendAsync(request);
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    /// <summary>A response whose end a test brings about.</summary>
    private sealed class CompletingResponse : HttpResponseFeature
    {
        private readonly List<Func<Task>> _completed = [];
        private bool _hasStarted;

        public override bool HasStarted => _hasStarted;

        public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Add(() => callback(state));

        public async Task CompleteAsync(bool hasStarted)
        {
            _hasStarted = hasStarted;
            foreach (Func<Task> callback in _completed)
            {
                await callback();
            }
        }
    }
}
