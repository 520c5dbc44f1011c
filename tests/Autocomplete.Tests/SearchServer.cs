using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;

namespace Autocomplete.Tests;

/// <summary>The service in this process, on a loopback port of its own.</summary>
internal sealed class SearchServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SearchServer(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public static async Task<SearchServer> StartAsync(string folder)
    {
        WebApplication app = AutocompleteServer.Build(["--data", folder, "--urls", "http://127.0.0.1:0"]);
        await app.StartAsync();
        return new SearchServer(app);
    }

    public async Task<Found[]> SuggestAsync(string query) => (await Client.GetFromJsonAsync<Found[]>($"/api/suggest?{query}"))!;

    public async Task<string[]> TextsAsync(string query) => [.. (await SuggestAsync(query)).Select(found => found.Text)];

    public Task<HttpResponseMessage> SearchAsync(string? q) => Client.PostAsJsonAsync("/api/searches", new { q });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    internal sealed record Found(string Text, long Score, int Edits);
}
