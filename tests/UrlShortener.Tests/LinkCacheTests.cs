using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

public sealed class LinkCacheTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_thousand_simultaneous_requests_of_one_cold_link_read_the_database_once_and_all_count()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        LinkDto link = await server.ShortenAsync("http://example.com/cold");
        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async _ =>
        {
            using HttpResponseMessage response = await server.Client.GetAsync($"/{link.Code}");
            return response.StatusCode;
        }));

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.Found, status));
        Assert.Equal(1, server.Services.GetRequiredService<LinkCache>().Reads);
        Assert.Equal(1_000, (await server.DetailsAsync(link.Code)).Visits);
    }

    [Fact]
    public async Task Requests_that_come_while_the_link_is_being_read_wait_for_that_one_read()
    {
        using var gate = new ManualResetEventSlim();
        int reads = 0;
        using var cache = new LinkCache(
            code =>
            {
                Interlocked.Increment(ref reads);
                gate.Wait();
                return NewLink(code);
            },
            _time);
        Task<Link?> first = Task.Run(async () => await cache.FindAsync("cold", default));
        await Poll.UntilAsync(() => Volatile.Read(ref reads) == 1, "the read");
        Task<Link?>[] others = [.. Enumerable.Range(0, 999).Select(_ => cache.FindAsync("cold", default).AsTask())];
        gate.Set();

        Assert.Equal("cold", (await first)?.Code);
        Assert.All(await Task.WhenAll(others), link => Assert.Equal("cold", link?.Code));
        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task A_link_made_here_is_found_at_once_though_its_code_was_asked_for_before()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(server, "summer"));
        await server.ShortenAsync(new { url = "http://example.com/", alias = "summer" });
        Assert.Equal(HttpStatusCode.Found, await FollowAsync(server, "summer"));
    }

    [Fact]
    public async Task Codes_that_the_filter_refuses_take_no_place_in_the_cache_and_the_figures_say_so()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        KnownCodes codes = server.Services.GetRequiredService<KnownCodes>();
        await Poll.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return codes.IsTrusted;
            },
            "the codes to be complete");
        LinkDto link = await server.ShortenAsync("http://example.com/");
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(server, $"unknown-{i}")); // one code, so no false positive
        }

        Assert.Equal(HttpStatusCode.Found, await FollowAsync(server, link.Code));
        Assert.Equal(HttpStatusCode.Found, await FollowAsync(server, link.Code));
        Assert.Equal(100, codes.Refused);
        string figures = await server.Client.GetStringAsync("/metrics");
        Assert.Contains("\nurlshortener_cache_entries 1\n", figures, StringComparison.Ordinal);
        Assert.Contains("\nurlshortener_cache_hits_total 1\n", figures, StringComparison.Ordinal);
        Assert.Contains("\nurlshortener_cache_misses_total 1\n", figures, StringComparison.Ordinal);
        Assert.Contains("\nurlshortener_cache_loads_total 1\n", figures, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_made_elsewhere_is_found_after_a_second_though_its_code_was_asked_for_before()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        await using ShortenerServer other = await ShortenerServer.StartAsync(_folder.FullPath, _time, "--worker", "2");
        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(server, "summer"));
        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(server, "summer"));
        Assert.Equal(1, server.Services.GetRequiredService<LinkCache>().Reads); // who guesses codes reads nothing twice
        await other.ShortenAsync(new { url = "http://example.com/", alias = "summer" });
        _time.Advance(LinkCache.UnknownFor);
        Assert.Equal(HttpStatusCode.Found, await FollowAsync(server, "summer"));
    }

    [Fact]
    public async Task A_cached_link_expires_to_the_instant()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        LinkDto link = await server.ShortenAsync(new { url = "http://example.com/", expiresInSeconds = 30 });
        _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Found, await FollowAsync(server, link.Code));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Gone, await FollowAsync(server, link.Code));
        Assert.Equal(1, server.Services.GetRequiredService<LinkCache>().Reads);
    }

    [Fact]
    public async Task A_link_in_use_is_read_again_in_the_background_and_no_link_is_served_unread_for_long()
    {
        bool isThere = true;
        using var cache = new LinkCache(code => Volatile.Read(ref isThere) ? NewLink(code) : null, _time);
        Assert.NotNull(await cache.FindAsync("a", default));
        Assert.NotNull(await cache.FindAsync("b", default));
        Volatile.Write(ref isThere, false); // by hand
        _time.Advance(LinkCache.ReadAgainAfter);
        Assert.NotNull(await cache.FindAsync("a", default)); // the old one, while it is read again
        await Poll.UntilAsync(async () => await cache.FindAsync("a", default) is null, "the second read");
        _time.Advance(LinkCache.KnownFor - LinkCache.ReadAgainAfter);
        Assert.Null(await cache.FindAsync("b", default));
    }

    private static Link NewLink(string code) => new(1, code, "http://example.com/", DateTimeOffset.UnixEpoch, null, 0);

    private static async Task<HttpStatusCode> FollowAsync(ShortenerServer server, string code)
    {
        using HttpResponseMessage response = await server.Client.GetAsync($"/{code}");
        return response.StatusCode;
    }
}
