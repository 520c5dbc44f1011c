using System.Net;
using Primitives;

namespace UrlShortener.Tests;

public sealed class RestartTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Links_visits_and_codes_survive_and_ids_go_on_increasing()
    {
        var made = new List<LinkDto>();
        for (int start = 0; start < 3; start++)
        {
            await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath);
            foreach (LinkDto old in made)
            {
                using HttpResponseMessage response = await server.Client.GetAsync($"/{old.Code}");
                Assert.Equal(old.Url, response.Headers.Location?.OriginalString);
                Assert.Equal(old.Code, (await server.ShortenAsync(old.Url)).Code);
            }

            for (int i = 0; i < 5; i++)
            {
                made.Add(await server.ShortenAsync($"http://example.com/{start}/{i}"));
            }
        }

        Assert.Equal(3 * 5, new Database(_folder.FullPath).Count());
        Assert.Equal(5 + 10, new Database(_folder.FullPath).Visits());
        AssertIncreasing(made);
    }

    [Fact]
    public async Task Ids_go_on_increasing_when_the_clock_went_back_meanwhile()
    {
        var made = new List<LinkDto>();
        foreach (int seconds in new[] { 1_000, 940 })
        {
            var time = new ManualTimeProvider(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(seconds));
            await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, time);
            made.Add(await server.ShortenAsync($"http://example.com/{seconds}"));
        }

        AssertIncreasing(made);
    }

    [Fact]
    public async Task What_was_answered_survives_a_kill_of_the_server()
    {
        using ShortenerProcess process = ShortenerProcess.Start("--data", _folder.FullPath, "--urls", "http://127.0.0.1:0");
        string line = await process.WaitForLineAsync("Now listening on: ");
        using var client = new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]) };
        var urls = new List<string>();
        for (int i = 0; i < 50; i++)
        {
            urls.Add($"http://example.com/{i}");
            using var body = new StringContent($$"""{"url":"{{urls[^1]}}"}""", null, "application/json");
            using HttpResponseMessage response = await client.PostAsync("/api/links", body);
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        }

        await process.KillAsync();
        Assert.Contains($"Data folder: {_folder.FullPath}", process.Output, StringComparison.Ordinal);
        Assert.Equal(urls, new Database(_folder.FullPath).Links().Select(link => link.Url));
    }

    [Fact]
    public async Task Two_servers_with_one_worker_id_are_not_let_run()
    {
        await using ShortenerServer first = await ShortenerServer.StartAsync(_folder.FullPath);
        ShortenerException exception = await Assert.ThrowsAsync<ShortenerException>(
            () => ShortenerServer.StartAsync(_folder.FullPath));
        Assert.Contains("worker 0", exception.Message, StringComparison.Ordinal);
    }

    private void AssertIncreasing(List<LinkDto> links)
    {
        var permutation = new ShortCodePermutation(new Database(_folder.FullPath).CodeKey(), 8);
        ulong[] ids = [.. links.Select(link => permutation.Invert(Base62.Decode(link.Code, width: 8)))];
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(ids.Distinct(), ids);
    }
}
