using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

/// <summary>The service over three shards.</summary>
public sealed class ShardedServerTests : IAsyncLifetime
{
    private const int Shards = 3;

    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();
    private ShortenerServer _server = null!;

    public async Task InitializeAsync() => _server = await StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Links_are_made_followed_and_counted_in_every_shard_and_survive_a_restart()
    {
        var made = new List<LinkDto>();
        for (int i = 0; i < 30; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(i % 2)); // some in the same millisecond
            made.Add(await _server.ShortenAsync($"http://example.com/{i}"));
        }

        for (int i = 0; i < made.Count; i++)
        {
            for (int visit = 0; visit < i % 3; visit++)
            {
                await AssertFollowedAsync(made[i]);
            }

            made[i] = made[i] with { Visits = i % 3, Visitors = Math.Min(i % 3, 1) };
            Assert.Equal(made[i], await _server.DetailsAsync(made[i].Code));
            Assert.Equal(made[i], await _server.ShortenAsync(made[i].Url)); // one URL, one code
        }

        Assert.Equal(made.AsEnumerable().Reverse().Take(20), await LatestAsync());
        await _server.StopAsync();
        FolderContents contents = FolderContents.Read(_folder.FullPath, Shards);
        Assert.Equal(made.Count, contents.Links.Count);
        Assert.Equal(Shards, contents.Links.Values.Select(link => link.Shard).Distinct().Count());

        _server = await ShortenerServer.StartAsync(_folder.FullPath, _time); // the number is the folder's
        Assert.Equal(made.Select(link => link.Code).Reverse().Take(20), (await LatestAsync()).Select(link => link.Code));
        foreach (LinkDto link in made)
        {
            Assert.Equal(link.Code, (await _server.ShortenAsync(link.Url)).Code);
            Assert.Equal(link.Visits, (await _server.DetailsAsync(link.Code)).Visits);
            await AssertFollowedAsync(link);
        }
    }

    [Fact]
    public async Task Aliases_and_expiry_are_kept_in_every_shard()
    {
        var expiring = new List<LinkDto>();
        for (int i = 0; i < 12; i++)
        {
            string url = $"http://example.com/{i}";
            LinkDto alias = await _server.ShortenAsync(new { url, alias = $"alias-{i}" });
            Assert.Equal($"alias-{i}", alias.Code);
            Assert.Equal(alias, await _server.ShortenAsync(new { url, alias = $"alias-{i}" }));
            using HttpResponseMessage taken = await _server.PostAsync(new { url = "http://example.com/other", alias = $"alias-{i}" });
            await Problem.AssertAsync(HttpStatusCode.Conflict, taken);
            expiring.Add(await _server.ShortenAsync(new { url, expiresInSeconds = 60 }));
            await AssertFollowedAsync(alias);
            await AssertFollowedAsync(expiring[^1]);
        }

        _time.Advance(TimeSpan.FromSeconds(60));
        foreach (LinkDto link in expiring)
        {
            using HttpResponseMessage response = await _server.Client.GetAsync($"/{link.Code}");
            await Problem.AssertAsync(HttpStatusCode.Gone, response);
        }

        Assert.Equal(12, expiring.Select(link => link.Code).Distinct().Count());
    }

    [Fact]
    public async Task Posts_of_one_url_at_the_same_time_make_one_link()
    {
        for (int round = 0; round < 10; round++)
        {
            var request = new { url = $"http://example.com/same/{round}" };
            HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => _server.PostAsync(request)));
            Assert.Single(responses, response => response.StatusCode == HttpStatusCode.Created);
            Assert.Equal(15, responses.Count(response => response.StatusCode == HttpStatusCode.OK));
            var links = new List<LinkDto?>();
            foreach (HttpResponseMessage response in responses)
            {
                links.Add(await response.Content.ReadFromJsonAsync<LinkDto>());
            }

            Assert.Single(links.Select(link => link!.Code).Distinct());
        }
    }

    [Fact]
    public async Task A_shard_that_fails_keeps_its_visits_and_stops_no_others()
    {
        var made = new List<LinkDto>();
        var broken = new Database(_folder.FullPath, 2);
        while (made.Count < 12 || broken.Count() == 0) // codes are random, and one in a hundred times none of 12 is in shard 2
        {
            made.Add(await _server.ShortenAsync($"http://example.com/{made.Count}"));
            await AssertFollowedAsync(made[^1]);
        }

        broken.Execute("ALTER TABLE links RENAME TO gone");
        VisitCounter visits = _server.Services.GetRequiredService<VisitCounter>();
        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(visits.FlushAsync);
        }

        broken.Execute("ALTER TABLE gone RENAME TO links");
        Assert.Equal(0, broken.Visits());
        Assert.Equal(made.Count - broken.Count(), new Database(_folder.FullPath).Visits() + new Database(_folder.FullPath, 3).Visits());
        Assert.All(await LatestAsync(), link => Assert.Equal(1, link.Visits));
        await visits.FlushAsync();
        Assert.Equal(broken.Count(), broken.Visits());
        Assert.All(await LatestAsync(), link => Assert.Equal(1, link.Visits));
    }

    private Task<ShortenerServer> StartAsync() => ShortenerServer.StartAsync(_folder.FullPath, _time, "--shards", $"{Shards}");

    private async Task<List<LinkDto>> LatestAsync() => (await _server.Client.GetFromJsonAsync<List<LinkDto>>("/api/links"))!;

    private async Task AssertFollowedAsync(LinkDto link)
    {
        using HttpResponseMessage response = await _server.Client.GetAsync($"/{link.Code}");
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal(link.Url, response.Headers.Location?.OriginalString);
    }
}
