using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace UrlShortener.Tests;

/// <summary>The service in this process, on a loopback port of its own, with a client that follows no redirect.</summary>
internal sealed class ShortenerServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _stopped;

    private ShortenerServer(WebApplication app)
    {
        _app = app;
        BaseAddress = new Uri(app.Urls.Single());
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = BaseAddress };
    }

    public Uri BaseAddress { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts it with the limits on new links lifted: most tests make more of them than a person would.</summary>
    public static async Task<ShortenerServer> StartAsync(string dataFolder, TimeProvider? time = null, params string[] options)
    {
        ShortenerServer server = await StartLimitedAsync(dataFolder, time, options);
        server.Services.GetRequiredKeyedService<KeyedRateLimiter<string>>("links").Reconfigure([RateQuota.PerSecond(1_000_000)]);
        return server;
    }

    public static async Task<ShortenerServer> StartLimitedAsync(string dataFolder, TimeProvider? time = null, params string[] options)
    {
        WebApplication app = ServeCommand.Build(
            CommandLine.Parse(["--data", dataFolder, "--urls", "http://127.0.0.1:0", .. options]), time);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new ShortenerServer(app);
    }

    public Task<HttpResponseMessage> PostAsync(object body) => Client.PostAsJsonAsync("/api/links", body);

    /// <summary>Posts a link that must be accepted.</summary>
    public async Task<LinkDto> ShortenAsync(object body)
    {
        using HttpResponseMessage response = await PostAsync(body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize<LinkDto>(text, JsonSerializerOptions.Web)!;
    }

    public Task<LinkDto> ShortenAsync(string url) => ShortenAsync(new { url });

    public async Task<LinkDto> DetailsAsync(string code) =>
        (await Client.GetFromJsonAsync<LinkDto>($"/api/links/{code}"))!;

    /// <summary>Gets a path and says what came back.</summary>
    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(path);
        return response.StatusCode;
    }

    /// <summary>Stops as Ctrl+C would.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            Client.Dispose();
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
