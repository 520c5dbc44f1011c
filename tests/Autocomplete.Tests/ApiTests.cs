using System.Net;
using System.Net.Http.Json;

namespace Autocomplete.Tests;

public sealed class ApiTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly SearchServer _server = fixture.Server;

    [Fact]
    public async Task Suggestions_are_the_most_frequent_words_that_begin_with_the_query()
    {
        SearchServer.Found[] found = await _server.SuggestAsync("q=th&k=3&edits=0");
        Assert.Equal(["the", "that", "this"], found.Select(word => word.Text));
        Assert.Equal(23_135_851_162, found[0].Score);
        Assert.Equal(8, (await _server.SuggestAsync("q=th")).Length);
        Assert.Empty(await _server.SuggestAsync("q=xqzj&edits=0"));
        Assert.Equal("the", (await _server.TextsAsync("k=1")).Single());
    }

    [Fact]
    public async Task A_misspelling_finds_its_word_and_says_how_far_it_is()
    {
        SearchServer.Found[] found = await _server.SuggestAsync("q=progarmming&k=5");
        Assert.Contains(new SearchServer.Found("programming", found.Single(word => word.Text == "programming").Score, 1), found);
        Assert.Empty(await _server.SuggestAsync("q=progarmming&edits=0"));
    }

    [Fact]
    public async Task A_new_term_appears_after_it_was_searched_for_and_rises_with_each_search()
    {
        Assert.Empty(await _server.TextsAsync("q=zyzzyva%20e&edits=0"));
        Assert.Equal(HttpStatusCode.NoContent, (await _server.SearchAsync("  Zyzzyva Express ")).StatusCode);
        Assert.Equal(["Zyzzyva Express"], await _server.TextsAsync("q=zyzzyva%20e&edits=0"));
        Assert.Contains("Zyzzyva Express", await _server.TextsAsync("q=zyz&edits=0"));
        long before = (await _server.SuggestAsync("q=zyzzyva%20e&edits=0"))[0].Score;
        await _server.SearchAsync("Zyzzyva Express");
        Assert.Equal(2 * before, (await _server.SuggestAsync("q=zyzzyva%20e&edits=0"))[0].Score);
    }

    [Theory]
    [InlineData("q=a&k=0")]
    [InlineData("q=a&k=51")]
    [InlineData("q=a&k=x")]
    [InlineData("q=a&edits=3")]
    [InlineData("q=a&edits=-1")]
    public async Task A_query_out_of_range_is_a_problem(string query) => await AssertProblemAsync(await _server.Client.GetAsync($"/api/suggest?{query}"));

    [Fact]
    public async Task A_query_that_is_too_long_is_a_problem() =>
        await AssertProblemAsync(await _server.Client.GetAsync($"/api/suggest?q={new string('a', 201)}"));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData(null)]
    [InlineData("two\nlines")]
    public async Task A_search_for_nothing_or_for_control_characters_is_a_problem(string? term) =>
        await AssertProblemAsync(await _server.SearchAsync(term));

    [Fact]
    public async Task Searches_at_once_are_all_counted()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => Assert.Equal(HttpStatusCode.NoContent, (await _server.SearchAsync("at once")).StatusCode)));
        Assert.Equal(50_000_000, (await _server.SuggestAsync("q=at%20once&edits=0")).Single(word => word.Text == "at once").Score);
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere_and_labels_its_field()
    {
        using HttpResponseMessage response = await _server.Client.GetAsync("/");
        string html = await response.Content.ReadAsStringAsync();
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotMatch("""<(link|script|img|iframe|object)\b[^>]*\b(src|href)=|url\(|@import""", html);
        Assert.DoesNotContain("innerHTML", html, StringComparison.Ordinal);
        Assert.Contains("""<label for="q">""", html, StringComparison.Ordinal);
        Assert.Equal("ok", await _server.Client.GetStringAsync("/healthz"));
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response)
    {
        using (response)
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.NotNull(await response.Content.ReadFromJsonAsync<Dictionary<string, object>>());
        }
    }
}
