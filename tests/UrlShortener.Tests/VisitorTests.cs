using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

/// <summary>Unique visitors, over HTTP.</summary>
public sealed class VisitorTests : IAsyncLifetime
{
    private const string TrustProxy = "ASPNETCORE_FORWARDEDHEADERS_ENABLED";

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
    public async Task Each_visitor_counts_once_for_each_link_and_head_and_errors_do_not()
    {
        LinkDto first = await _server.ShortenAsync("http://example.com/1");
        LinkDto second = await _server.ShortenAsync("http://example.com/2");
        LinkDto ended = await _server.ShortenAsync(new { url = "http://example.com/3", expiresInSeconds = 1 });
        Assert.Equal(0, first.Visitors);
        _time.Advance(TimeSpan.FromSeconds(1));
        foreach (string visitor in new[] { "ada", "grace", "ada", "" })
        {
            await FollowAsync(first, visitor);
            await FollowAsync(ended, visitor, HttpStatusCode.Gone);
        }

        await FollowAsync(second, "ada");
        await FollowAsync(second, "edsger", method: HttpMethod.Head);

        Assert.Equal((4, 3), ((await _server.DetailsAsync(first.Code)).Visits, (await _server.DetailsAsync(first.Code)).Visitors));
        Assert.Equal(3, (await _server.ShortenAsync(first.Url)).Visitors);
        LinkDto[] latest = (await _server.Client.GetFromJsonAsync<LinkDto[]>("/api/links"))!;
        Assert.Equal([0, 1, 3], latest.OrderBy(link => link.Visitors).Select(link => link.Visitors));
        await AssertVisitorsAsync(ended.Code, 0);
        await AssertVisitorsAsync(second.Code, 1, ("2026-01-01", 1));
    }

    [Fact]
    public async Task Days_are_counted_apart_and_the_total_counts_nobody_twice()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        await FollowAsync(link, "ada");
        await FollowAsync(link, "grace");
        _time.AdvanceUtc(TimeSpan.FromDays(1) - TimeSpan.FromTicks(1));
        await FollowAsync(link, "ada");
        await AssertVisitorsAsync(link.Code, 2, ("2026-01-01", 2));

        _time.AdvanceUtc(TimeSpan.FromTicks(1));
        await FollowAsync(link, "ada");
        _time.AdvanceUtc(TimeSpan.FromDays(2));
        await FollowAsync(link, "edsger");
        await AssertVisitorsAsync(link.Code, 3, ("2026-01-04", 1), ("2026-01-02", 1), ("2026-01-01", 2));

        // The first two days end; those who came on them do not come back as new ones.
        _time.AdvanceUtc(TimeSpan.FromDays(29));
        await FollowAsync(link, "grace");
        await FollowAsync(link, "barbara");
        await AssertVisitorsAsync(link.Code, 4, ("2026-02-02", 2), ("2026-01-04", 1));
        _server.Services.GetRequiredService<VisitorCounter>().Flush();
        await AssertVisitorsAsync(link.Code, 4, ("2026-02-02", 2), ("2026-01-04", 1));
    }

    [Fact]
    public async Task Ten_thousand_visitors_at_once_are_counted_within_the_error_and_survive_restarts_and_a_reshard()
    {
        const int Visitors = 10_000;
        const double FiveSigma = 5 * 0.01625;
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        LinkDto[] others = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _server.ShortenAsync($"http://example.com/{i}")));
        using var done = new CancellationTokenSource();
        Task flushing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                _server.Services.GetRequiredService<VisitorCounter>().Flush();
                await Task.Delay(10);
            }
        });
        await Parallel.ForAsync(0, Visitors, async (i, _) => await FollowAsync(link, $"visitor {i}"));
        foreach (LinkDto other in others)
        {
            await FollowAsync(other, "ada");
        }

        await done.CancelAsync();
        await flushing;
        LinkDto counted = await _server.DetailsAsync(link.Code);
        Assert.Equal(Visitors, counted.Visits);
        Assert.InRange(counted.Visitors, Visitors * (1 - FiveSigma), Visitors * (1 + FiveSigma));

        VisitorsDto before = await VisitorsAsync(link.Code);
        await RestartAsync();
        Assert.Equivalent(before, await VisitorsAsync(link.Code), strict: true);
        for (int i = 0; i < 100; i++)
        {
            await FollowAsync(link, $"visitor {i}"); // known, though nothing of them was in memory
        }

        Assert.Equivalent(before, await VisitorsAsync(link.Code), strict: true);
        foreach (int shards in new[] { 3, 1 })
        {
            await _server.StopAsync();
            Assert.Equal(0, ReshardCommand.Run(CommandLine.Parse(["reshard", $"{shards}", "--data", _folder.FullPath])));
            _server = await StartAsync();
            Assert.Equivalent(before, await VisitorsAsync(link.Code), strict: true);
            foreach (LinkDto other in others)
            {
                await AssertVisitorsAsync(other.Code, 1, ("2026-01-01", 1));
            }
        }
    }

    [Fact]
    public async Task Servers_on_one_folder_count_a_visitor_of_both_once()
    {
        await using ShortenerServer other = await ShortenerServer.StartAsync(_folder.FullPath, _time, "--worker", "2");
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        for (int i = 0; i < 30; i++)
        {
            await FollowAsync(link, $"visitor {i}");
            await FollowAsync(link, $"visitor {i + 20}", server: other);
        }

        foreach (ShortenerServer server in new[] { _server, other, _server })
        {
            server.Services.GetRequiredService<VisitorCounter>().Flush();
        }

        Assert.Equal(50, (await _server.DetailsAsync(link.Code)).Visitors);
        Assert.Equal(50, (await other.DetailsAsync(link.Code)).Visitors);
    }

    [Fact]
    public async Task Another_address_is_another_visitor()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // elsewhere 127.0.0.2 is no address of this machine
        }

        LinkDto link = await _server.ShortenAsync("http://example.com/");
        foreach (string address in new[] { "127.0.0.1", "127.0.0.2", "127.0.0.1" })
        {
            using var client = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(IPAddress.Parse(address).MapToIPv6(), 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            });
            using HttpResponseMessage response = await client.GetAsync(link.ShortUrl);
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        }

        Assert.Equal(2, (await _server.DetailsAsync(link.Code)).Visitors);
    }

    [Fact]
    public async Task A_forwarded_address_counts_only_where_a_proxy_is_trusted()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        await FollowForwardedAsync(link, 5);
        Assert.Equal(1, (await _server.DetailsAsync(link.Code)).Visitors);

        try
        {
            Environment.SetEnvironmentVariable(TrustProxy, "true"); // no other test sends the header
            await RestartAsync();
        }
        finally
        {
            Environment.SetEnvironmentVariable(TrustProxy, null);
        }

        link = await _server.ShortenAsync("http://example.com/behind-a-proxy");
        await FollowForwardedAsync(link, 5);
        Assert.Equal(5, (await _server.DetailsAsync(link.Code)).Visitors);
    }

    [Fact]
    public async Task A_killed_server_has_lost_none_that_were_stored()
    {
        await _server.StopAsync();
        using ShortenerProcess process = ShortenerProcess.Start("--data", _folder.FullPath, "--urls", "http://127.0.0.1:0");
        string line = await process.WaitForLineAsync("Now listening on: ");
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]),
        };
        using HttpResponseMessage made = await client.PostAsJsonAsync("/api/links", new { url = "http://example.com/" });
        string code = (await made.Content.ReadFromJsonAsync<LinkDto>())!.Code;
        foreach (string visitor in new[] { "ada", "grace", "edsger" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/{code}");
            request.Headers.UserAgent.ParseAdd(visitor);
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        }

        using (var store = new VisitorStore(new DataFolder(_folder.FullPath).Visitors))
        {
            await Poll.UntilAsync(
                () => store.FindTotal(code) is { } all && Math.Round(all.Estimate()) == 3, "the visitors in the database");
        }

        await process.KillAsync();
        _server = await StartAsync();
        Assert.Equal(3, (await _server.DetailsAsync(code)).Visitors);
    }

    [Fact]
    public async Task What_is_stored_does_not_hold_who_came()
    {
        LinkDto link = await _server.ShortenAsync("http://example.com/");
        await FollowAsync(link, "Mozilla/5.0 of Ada");
        await _server.StopAsync();
        string stored = string.Concat(Directory.GetFiles(_folder.FullPath).Select(file => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        Assert.Contains("http://example.com/", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("Ada", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", stored, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/links/00000000/visitors")]
    [InlineData("/api/links/a'b/visitors")]
    public async Task Visitors_of_an_unknown_code_are_answered_with_404(string path)
    {
        using HttpResponseMessage response = await _server.Client.GetAsync(path);
        await Problem.AssertAsync(HttpStatusCode.NotFound, response);
    }

    [Fact]
    public async Task The_page_shows_visitors_and_their_days()
    {
        string html = await _server.Client.GetStringAsync("/");
        Assert.Contains("Visitors", html, StringComparison.Ordinal);
        Assert.Contains("/visitors`", html, StringComparison.Ordinal);
    }

    private Task<ShortenerServer> StartAsync() => ShortenerServer.StartAsync(_folder.FullPath, _time);

    private async Task RestartAsync()
    {
        await _server.StopAsync();
        _server = await StartAsync();
    }

    private async Task FollowAsync(
        LinkDto link, string userAgent, HttpStatusCode expected = HttpStatusCode.Found, HttpMethod? method = null, ShortenerServer? server = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"/{link.Code}");
        if (userAgent.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        }

        using HttpResponseMessage response = await (server ?? _server).Client.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    private async Task FollowForwardedAsync(LinkDto link, int visitors)
    {
        for (int i = 0; i < visitors; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/{link.Code}");
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{i}");
            using HttpResponseMessage response = await _server.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        }
    }

    private async Task<VisitorsDto> VisitorsAsync(string code) =>
        (await _server.Client.GetFromJsonAsync<VisitorsDto>($"/api/links/{code}/visitors"))!;

    private async Task AssertVisitorsAsync(string code, long visitors, params (string Day, long Visitors)[] days)
    {
        VisitorsDto found = await VisitorsAsync(code);
        Assert.Equal((code, visitors), (found.Code, found.Visitors));
        Assert.Equal(days, found.Days.Select(day => (day.Day.ToString("O"), day.Visitors)));
    }
}
