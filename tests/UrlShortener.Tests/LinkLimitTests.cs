using System.Net;

namespace UrlShortener.Tests;

public sealed class LinkLimitTests
{
    [Fact]
    public async Task Too_many_links_are_refused_until_exactly_the_time_given()
    {
        using var folder = new TemporaryDirectory();
        var time = new ManualTimeProvider();
        await using ShortenerServer server = await ShortenerServer.StartLimitedAsync(folder.FullPath, time);

        using HttpResponseMessage first = await server.PostAsync(new { url = "https://example.org/0" });
        Assert.Equal("\"burst\";q=60;w=60, \"daily\";q=5000;w=86400", Header(first, "RateLimit-Policy"));
        Assert.Equal("\"burst\";r=199;t=1", Header(first, "RateLimit"));
        for (int i = 1; i < 200; i++)
        {
            await server.ShortenAsync($"https://example.org/{i}");
        }

        using (HttpResponseMessage refused = await server.PostAsync(new { url = "https://example.org/one-too-many" }))
        {
            Assert.Equal("Too many new links; try again in 1 s.", await Problem.AssertAsync(HttpStatusCode.TooManyRequests, refused));
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
            Assert.Equal("\"burst\";r=0;t=1", Header(refused, "RateLimit"));
        }

        // Following links is not limited, and neither is reading about them.
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/api/links?take=1")).StatusCode);

        time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        using (HttpResponseMessage tooEarly = await server.PostAsync(new { url = "https://example.org/again" }))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, tooEarly.StatusCode);
        }

        time.Advance(TimeSpan.FromTicks(1));
        await server.ShortenAsync("https://example.org/again");
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
