using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Primitives;

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
    public async Task Requests_are_answered_with_503_and_work_again_when_it_is_back()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        Break();
        foreach (string path in new[] { $"/{link.Code}", $"/api/links/{link.Code}", $"/api/links/{link.Code}/visitors", "/api/links", "/healthz" })
        {
            using HttpResponseMessage response = await _server.Client.GetAsync(path);
            await AssertUnavailableAsync(response);
        }

        HttpResponseMessage[] posts = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => _server.PostAsync(new { url = $"http://example.com/{i}" })));
        foreach (HttpResponseMessage response in posts)
        {
            await AssertUnavailableAsync(response);
        }

        Mend();
        _time.Advance(TimeSpan.FromMinutes(1));
        using HttpResponseMessage redirect = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        await _server.ShortenAsync("http://example.com/0");
        Assert.Equal("ok", await _server.Client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task After_five_failures_the_database_is_left_alone_until_the_time_given()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        Break();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(CircuitState.Closed, Breaker("read links.db").State);
            using HttpResponseMessage failed = await _server.Client.GetAsync($"/{link.Code}");
            Assert.Equal(TimeSpan.FromSeconds(1), await AssertUnavailableAsync(failed));
        }

        // The database is back, but nobody asks it: only the health check does, for whoever waits to hear of it.
        Mend();
        Assert.Equal(CircuitState.Open, Breaker("read links.db").State);
        using HttpResponseMessage refused = await _server.Client.GetAsync($"/{link.Code}");
        TimeSpan retryAfter = await AssertUnavailableAsync(refused);
        Assert.InRange(retryAfter, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
        Assert.Equal(1, Breaker("read links.db").Statistics.Rejected);
        Assert.Equal("ok", await _server.Client.GetStringAsync("/healthz"));
        Assert.Equal(CircuitState.Open, Breaker("read links.db").State);

        _time.Advance(retryAfter);
        Assert.Equal(HttpStatusCode.Found, await _server.StatusAsync($"/{link.Code}"));
        Assert.Equal(CircuitState.Closed, Breaker("read links.db").State);
    }

    [Fact]
    public async Task A_database_that_cannot_be_written_is_read_all_the_same()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        _database.Execute("CREATE TRIGGER full BEFORE INSERT ON links BEGIN SELECT raise(ABORT, 'disk full'); END");
        for (int i = 0; i < 7; i++)
        {
            using HttpResponseMessage failed = await _server.PostAsync(new { url = $"http://example.com/{i}" });
            await AssertUnavailableAsync(failed);
        }

        Assert.Equal(2, Breaker("write links.db").Statistics.Rejected);
        Assert.Equal(HttpStatusCode.Found, await _server.StatusAsync($"/{link.Code}"));
        Assert.Equal(CircuitState.Closed, Breaker("read links.db").State);

        _database.Execute("DROP TRIGGER full");
        _time.Advance(Breaker("write links.db").GetSnapshot().RetryAfter);
        await _server.ShortenAsync("http://example.com/0");
    }

    [Fact]
    public async Task An_operator_s_isolation_names_no_time()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        Breaker("read links.db").Isolate();
        using HttpResponseMessage refused = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Equal("The database cannot be used at the moment.", await Problem.AssertAsync(HttpStatusCode.ServiceUnavailable, refused));
        Assert.Null(refused.Headers.RetryAfter);
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

    private static async Task<TimeSpan> AssertUnavailableAsync(HttpResponseMessage response)
    {
        string detail = await Problem.AssertAsync(HttpStatusCode.ServiceUnavailable, response);
        TimeSpan? retryAfter = response.Headers.RetryAfter?.Delta;
        Assert.Equal($"The database cannot be used at the moment; try again in {retryAfter?.TotalSeconds} s.", detail);
        return retryAfter!.Value;
    }

    private CircuitBreaker Breaker(string name) =>
        _server.Services.GetRequiredKeyedService<CircuitBreakerSet<string>>("database").Get(name);

    private void Break() => _database.Execute("ALTER TABLE links RENAME TO gone");

    private void Mend() => _database.Execute("ALTER TABLE gone RENAME TO links");
}
