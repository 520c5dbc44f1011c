using System.Net;

namespace UrlShortener.Tests;

public sealed class FollowLinkTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();
    private ShortenerServer _server = null!;

    public async Task InitializeAsync() => _server = await ShortenerServer.StartAsync(_folder.FullPath, _time);

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Following_a_code_redirects_with_302_that_nobody_may_store()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/ü?a=b#c");
        using HttpResponseMessage response = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("http://example.com/%C3%BC?a=b#c", response.Headers.Location?.OriginalString);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.True(response.Headers.CacheControl?.Private);
    }

    [Fact]
    public async Task Get_counts_a_visit_and_head_does_not()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        for (int visit = 1; visit <= 3; visit++)
        {
            using HttpResponseMessage get = await _server.Client.GetAsync($"/{link.Code}");
            using HttpResponseMessage head = await _server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/{link.Code}"));
            Assert.Equal(HttpStatusCode.Found, head.StatusCode);
            Assert.Equal(get.Headers.Location, head.Headers.Location);
            Assert.Equal(visit, (await _server.DetailsAsync(link.Code)).Visits);
        }
    }

    [Fact]
    public async Task Visits_go_to_the_database_every_second()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        await FollowAsync(link, 5);
        var database = new Database(_folder.FullPath);
        Assert.Equal(0, database.Visits());

        await Poll.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return database.Visits() == 5;
            },
            "the visits in the database");
        Assert.Equal(5, (await _server.DetailsAsync(link.Code)).Visits);

        await FollowAsync(link, 2);
        Assert.Equal(7, (await _server.DetailsAsync(link.Code)).Visits);
    }

    [Fact]
    public async Task Visits_go_to_the_database_when_the_service_stops()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        await FollowAsync(link, 9);
        await _server.StopAsync();
        Assert.Equal(9, new Database(_folder.FullPath).Visits());
    }

    [Fact]
    public async Task Every_visit_is_counted_once_while_counts_move_to_the_database()
    {
        LinkDto[] links = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => _server.ShortenAsync($"http://example.com/{i}")));
        using var done = new CancellationTokenSource();
        Task flushing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        });

        await Task.WhenAll(links.Select(async link =>
        {
            for (int visit = 1; visit <= 200; visit++)
            {
                await FollowAsync(link, 1);
                Assert.Equal(visit, (await _server.DetailsAsync(link.Code)).Visits);
            }
        }));
        await done.CancelAsync();
        await flushing;
        await _server.StopAsync();
        Assert.Equal(800, new Database(_folder.FullPath).Visits());
    }

    [Fact]
    public async Task Every_redirect_that_was_answered_is_counted_when_the_service_stops_under_load()
    {
        const int Clients = 4;
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        int answered = 0;
        Task[] following = [.. Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
            try
            {
                while (true)
                {
                    using HttpResponseMessage response = await client.GetAsync(link.ShortUrl);
                    Assert.Equal(HttpStatusCode.Found, response.StatusCode);
                    Interlocked.Increment(ref answered);
                }
            }
            catch (HttpRequestException)
            {
                // The service has stopped.
            }
        })];

        await Poll.UntilAsync(() => Volatile.Read(ref answered) > 100, "some redirects");
        await _server.StopAsync();
        await Task.WhenAll(following);
        Assert.InRange(new Database(_folder.FullPath).Visits(), answered, answered + Clients); // one each on the way
    }

    [Fact]
    public async Task A_link_ends_at_the_instant_it_expires()
    {
        LinkDto link = await _server.ShortenAsync(new { url = "http://example.com/", expiresInSeconds = 60 });
        _time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1));
        using HttpResponseMessage before = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Equal(HttpStatusCode.Found, before.StatusCode);

        _time.Advance(TimeSpan.FromTicks(1));
        using HttpResponseMessage after = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Contains("2026-01-01T00:01:00Z", await Problem.AssertAsync(HttpStatusCode.Gone, after), StringComparison.Ordinal);
        Assert.Equal(1, (await _server.DetailsAsync(link.Code)).Visits);
    }

    [Fact]
    public async Task The_alias_of_a_link_that_expired_stays_taken()
    {
        await _server.ShortenAsync(new { url = "http://example.com/", alias = "summer", expiresInSeconds = 1 });
        _time.Advance(TimeSpan.FromDays(1));
        using HttpResponseMessage response = await _server.PostAsync(new { url = "http://example.org/", alias = "summer" });
        await Problem.AssertAsync(HttpStatusCode.Conflict, response);
    }

    [Fact]
    public async Task Codes_are_case_sensitive()
    {
        await _server.ShortenAsync(new { url = "http://example.com/", alias = "Summer" });
        using HttpResponseMessage response = await _server.Client.GetAsync("/summer");
        await Problem.AssertAsync(HttpStatusCode.NotFound, response);
    }

    [Theory]
    [InlineData("/00000000")]
    [InlineData("/abc")]
    [InlineData("/a")]
    [InlineData("/favicon.ico")]
    [InlineData("/robots.txt")]
    [InlineData("/%0d%0aSet-Cookie:a=b")]
    [InlineData("/..%2f..%2fetc%2fpasswd")]
    [InlineData("/'%20OR%201=1--")]
    [InlineData("/%F0%9F%98%80")]
    [InlineData("/012345678901234567890123456789012")]
    [InlineData("/api")]
    [InlineData("/api/links/00000000")]
    [InlineData("/api/links/a'b")]
    [InlineData("/two/segments")]
    public async Task An_unknown_code_is_answered_with_404(string path)
    {
        using HttpResponseMessage response = await _server.Client.GetAsync(path);
        await Problem.AssertAsync(HttpStatusCode.NotFound, response);
    }

    [Fact]
    public async Task Other_methods_are_answered_with_405()
    {
        using HttpResponseMessage delete = await _server.Client.DeleteAsync("/abc");
        await Problem.AssertAsync(HttpStatusCode.MethodNotAllowed, delete);
        using HttpResponseMessage put = await _server.Client.PutAsync("/api/links", null);
        await Problem.AssertAsync(HttpStatusCode.MethodNotAllowed, put);
    }

    private async Task FollowAsync(LinkDto link, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using HttpResponseMessage response = await _server.Client.GetAsync($"/{link.Code}");
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        }
    }
}
