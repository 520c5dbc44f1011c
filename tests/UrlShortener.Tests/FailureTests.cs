using System.Net;

namespace UrlShortener.Tests;

/// <summary>The service while its database fails.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();
    private ShortenerServer _server = null!;
    private Database _database = null!;

    public async Task InitializeAsync()
    {
        _server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        _database = new Database(_folder.FullPath);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Requests_are_answered_with_500_and_work_again_when_it_is_back()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        Break();
        foreach (string path in new[] { $"/{link.Code}", $"/api/links/{link.Code}", "/api/links", "/healthz" })
        {
            using HttpResponseMessage response = await _server.Client.GetAsync(path);
            string detail = await Problem.AssertAsync(HttpStatusCode.InternalServerError, response);
            Assert.DoesNotContain("SQL", detail, StringComparison.Ordinal);
        }

        HttpResponseMessage[] posts = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => _server.PostAsync(new { url = $"http://example.com/{i}" })));
        foreach (HttpResponseMessage response in posts)
        {
            await Problem.AssertAsync(HttpStatusCode.InternalServerError, response);
        }

        Mend();
        using HttpResponseMessage redirect = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        await _server.ShortenAsync("http://example.com/0");
        Assert.Equal("ok", await _server.Client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Visits_that_could_not_be_stored_are_kept_for_the_next_time()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await _server.Client.GetAsync($"/{link.Code}");
        }

        Break();
        for (int i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Mend();
        await Poll.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return _database.Visits() == 3;
            },
            "the visits in the database");
        Assert.Equal(3, (await _server.DetailsAsync(link.Code)).Visits);
    }

    private void Break() => _database.Execute("ALTER TABLE links RENAME TO gone");

    private void Mend() => _database.Execute("ALTER TABLE gone RENAME TO links");
}
