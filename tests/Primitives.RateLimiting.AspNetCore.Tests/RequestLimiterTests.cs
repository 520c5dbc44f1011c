using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
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
    public async Task An_endpoint_filter_limits_its_endpoint_alone()
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
            services: services => services.AddRateLimiter(_ => { }).AddSingleton<IConfigureOptions<RateLimiterOptions>>(provider =>
                new ConfigureOptions<RateLimiterOptions>(options =>
                {
                    options.GlobalLimiter = provider.GetRequiredKeyedService<RequestLimiter>("api");
                    options.RejectionStatusCode = 429;
                })));
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
        }

        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get(client, "alice")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Get(client, "alice")).StatusCode);
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
            options.Key = context => context.Request.Headers["X-Client"];
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

    private static async Task<HttpResponseMessage> Get(HttpClient client, string name, string path = "/")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Client", name);
        return await client.SendAsync(request);
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
