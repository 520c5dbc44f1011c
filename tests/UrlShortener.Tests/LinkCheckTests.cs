using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Primitives;

namespace UrlShortener.Tests;

/// <summary>The check of a new link's host, against hosts that fail, hang, reset connections and recover.</summary>
public sealed class LinkCheckTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly List<HostServer> _hosts = [];
    private ShortenerServer _server = null!;

    private CircuitBreakerSet<string> Breakers =>
        _server.Services.GetRequiredKeyedService<CircuitBreakerSet<string>>(LinkChecker.Name);

    private RetryBudget Budget => _server.Services.GetRequiredKeyedService<RetryBudget>(LinkChecker.Name);

    public async Task InitializeAsync()
    {
        _server = await ShortenerServer.StartAsync(_folder.FullPath, _time, "--check-private-links");

        // Before the first check, which copies them: attempts and the delays between them on the system's clock, and
        // short. Breakers and budget go by the clock of the test, which stands still.
        RetryOptions retry = _server.Services.GetRequiredService<IOptionsMonitor<RetryOptions>>().Get(LinkChecker.Name);
        retry.TimeProvider = TimeProvider.System;
        retry.Backoff = Backoff.Constant(TimeSpan.FromMilliseconds(1)).WithMaxAttempts(3);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        foreach (HostServer host in _hosts)
        {
            await host.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Theory]
    [InlineData("200 OK")]
    [InlineData("302 Found")] // to where nobody listens: it is not followed
    [InlineData("404 Not Found")]
    [InlineData("405 Method Not Allowed")]
    public async Task A_host_that_answers_is_asked_once_for_its_root_alone(string status)
    {
        HostServer host = NewHost();
        host.Status = status;
        await _server.ShortenAsync($"{host.Url}/a/path?secret=1");
        Assert.Equal(1, host.Connections);
        Assert.Equal("HEAD / HTTP/1.1", host.LastRequest);
    }

    [Theory]
    [InlineData("Fails", "answered 500")]
    [InlineData("Resets", "could not be reached or broke off")]
    [InlineData("Hangs", "did not answer in time")]
    public async Task A_host_in_trouble_is_refused_then_left_alone_and_asked_again_after_the_break(string trouble, string reason)
    {
        HostServer host = NewHost();
        HostServer other = NewHost();
        host.Has = Enum.Parse<HostServer.Trouble>(trouble);
        if (host.Has == HostServer.Trouble.Hangs)
        {
            _server.Services.GetRequiredService<IOptionsMonitor<RetryOptions>>().Get(LinkChecker.Name).AttemptTimeout =
                TimeSpan.FromMilliseconds(300);
        }

        // Three attempts; then the two that make five failures, and the third is refused.
        using HttpResponseMessage first = await _server.PostAsync(new { url = $"{host.Url}/1" });
        Assert.Contains(reason, await Problem.AssertAsync(HttpStatusCode.UnprocessableEntity, first), StringComparison.Ordinal);
        Assert.Equal(3, Breakers.Get(host.Url).Statistics.Failed);
        Assert.Equal(CircuitState.Closed, Breakers.Get(host.Url).State);
        using HttpResponseMessage second = await _server.PostAsync(new { url = $"{host.Url}/2" });
        await AssertLeftAloneAsync(second, host);
        Assert.Equal(5, Breakers.Get(host.Url).Statistics.Failed);
        Assert.Equal(CircuitState.Open, Breakers.Get(host.Url).State);

        // Not 5 for resets: SocketsHttpHandler tries a few more connections itself if one ends before the first byte.
        int connections = host.Connections;

        // Well again, but nobody asks before the break has ended. Other hosts are none the worse for it.
        host.Has = HostServer.Trouble.None;
        using HttpResponseMessage third = await _server.PostAsync(new { url = $"{host.Url}/3" });
        TimeSpan retryAfter = await AssertLeftAloneAsync(third, host);
        Assert.Equal(connections, host.Connections);
        await _server.ShortenAsync(other.Url);
        Assert.Equal(CircuitState.Closed, Breakers.Get(other.Url).State);

        _time.Advance(retryAfter);
        await _server.ShortenAsync($"{host.Url}/1");
        Assert.Equal(connections + 1, host.Connections);
        Assert.Equal(CircuitState.Closed, Breakers.Get(host.Url).State);

        // Nothing that was refused has been stored, and no place in the bulkhead is lost.
        Assert.Equal(2, new Database(_folder.FullPath).Count());
        Assert.Equal(0, _server.Services.GetRequiredKeyedService<Bulkhead>(LinkChecker.Name).InUse);
    }

    [Fact]
    public async Task When_many_hosts_fail_the_budget_ends_the_retries()
    {
        const int Hosts = 12;
        for (int i = 0; i < Hosts; i++)
        {
            NewHost().Has = HostServer.Trouble.Fails;
        }

        foreach (HostServer host in _hosts)
        {
            using HttpResponseMessage response = await _server.PostAsync(new { url = host.Url });
            await Problem.AssertAsync(HttpStatusCode.UnprocessableEntity, response);
        }

        // 24 retries were wanted. While the clock stands still there are the reserve of a second, 5, and a fifth of the
        // requests.
        Assert.InRange(Budget.Granted, 5, 8);
        Assert.True(Budget.Refused > 0);
        Assert.Equal(Hosts + Budget.Granted, _hosts.Sum(host => host.Connections));
    }

    [Fact]
    public async Task A_full_bulkhead_is_a_503_and_says_nothing_about_the_host()
    {
        HostServer host = NewHost();
        Bulkhead bulkhead = _server.Services.GetRequiredKeyedService<Bulkhead>(LinkChecker.Name);
        bulkhead.MaxConcurrency = 1;
        Assert.True(bulkhead.TryAcquire(out BulkheadLease lease));
        Task<HttpResponseMessage> post = _server.PostAsync(new { url = host.Url });
        await Poll.UntilAsync(() => bulkhead.Queued == 1, "the check in the queue");
        _time.Advance(TimeSpan.FromMilliseconds(500)); // as long as it may wait
        using (HttpResponseMessage refused = await post)
        {
            Assert.Equal(
                "Too many links are being checked; try again in 2 s.",
                await Problem.AssertAsync(HttpStatusCode.ServiceUnavailable, refused));
            Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter?.Delta);
        }

        lease.Dispose();
        Assert.Equal(0, Breakers.Get(host.Url).Statistics.Failed);
        await _server.ShortenAsync(host.Url);
    }

    [Fact]
    public async Task A_host_without_a_public_address_is_not_connected_to()
    {
        HostServer host = NewHost();
        using var folder = new TemporaryDirectory();
        await using ShortenerServer server = await ShortenerServer.StartAsync(folder.FullPath, _time, "--check-links");
        string port = host.Url[(host.Url.LastIndexOf(':') + 1)..];
        foreach (string name in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]" })
        {
            using HttpResponseMessage response = await server.PostAsync(new { url = $"http://{name}:{port}/" });
            Assert.Contains(
                "no address on the public internet",
                await Problem.AssertAsync(HttpStatusCode.UnprocessableEntity, response),
                StringComparison.Ordinal);
        }

        Assert.Equal(0, host.Connections);
    }

    [Fact]
    public async Task Without_the_option_nobody_is_asked()
    {
        HostServer host = NewHost();
        using var folder = new TemporaryDirectory();
        await using ShortenerServer server = await ShortenerServer.StartAsync(folder.FullPath, _time);
        await server.ShortenAsync(host.Url);
        Assert.Equal(0, host.Connections);
        Assert.Null(server.Services.GetService<LinkChecker>());
    }

    [Theory]
    [InlineData("1.1.1.1", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:1.1.1.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.1.2.3", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    public void An_address_is_public_or_not(string address, bool isPublic) =>
        Assert.Equal(isPublic, PublicAddresses.Contains(IPAddress.Parse(address)));

    private static async Task<TimeSpan> AssertLeftAloneAsync(HttpResponseMessage response, HostServer host)
    {
        string detail = await Problem.AssertAsync(HttpStatusCode.ServiceUnavailable, response);
        TimeSpan? retryAfter = response.Headers.RetryAfter?.Delta;
        Assert.Equal($"{host.Url} has failed too often to be asked again now; try again in {retryAfter?.TotalSeconds} s.", detail);
        return retryAfter!.Value;
    }

    private HostServer NewHost()
    {
        _hosts.Add(new HostServer());
        return _hosts[^1];
    }
}
