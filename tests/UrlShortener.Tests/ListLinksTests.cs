using System.Net;
using System.Net.Http.Json;

namespace UrlShortener.Tests;

public sealed class ListLinksTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private ShortenerServer Server => fixture.Server;

    [Fact]
    public async Task The_latest_links_come_newest_first_with_their_visits()
    {
        var made = new List<LinkDto>();
        for (int i = 0; i < 25; i++)
        {
            fixture.Time.Advance(TimeSpan.FromMilliseconds(i % 2)); // some in the same millisecond
            made.Add(await Server.ShortenAsync($"http://list.example/{i}"));
        }

        await Server.Client.GetAsync(made[^2].ShortUrl);
        made[^2] = made[^2] with { Visits = 1, Visitors = 1 };
        made.Reverse();

        Assert.Equal(made.Take(20), await LatestAsync("/api/links"));
        Assert.Equal(made.Take(3), await LatestAsync("/api/links?take=3"));
        Assert.Equal(made.Take(25), (await LatestAsync("/api/links?take=100")).Take(25));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("99999999999")]
    [InlineData("1&take=2")]
    public async Task A_take_that_is_no_number_from_1_to_100_is_refused(string take)
    {
        using HttpResponseMessage response = await Server.Client.GetAsync($"/api/links?take={take}");
        Assert.Contains("1 to 100", await Problem.AssertAsync(HttpStatusCode.BadRequest, response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_details_of_a_link_are_what_its_creation_answered()
    {
        LinkDto link = await Server.ShortenAsync(new { url = "http://list.example/details", expiresInSeconds = 60 });
        Assert.Equal(link, await Server.DetailsAsync(link.Code));
    }

    private async Task<List<LinkDto>> LatestAsync(string path) => (await Server.Client.GetFromJsonAsync<List<LinkDto>>(path))!;
}
