using System.Net;
using System.Text.RegularExpressions;

namespace UrlShortener.Tests;

public sealed partial class PageTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task The_page_is_html_that_loads_nothing_from_elsewhere()
    {
        using HttpResponseMessage response = await fixture.Server.Client.GetAsync("/");
        string html = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
        Assert.DoesNotMatch(Loading(), html);
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_field_of_the_page_stands_in_its_label()
    {
        string html = await fixture.Server.Client.GetStringAsync("/");
        int fields = Field().Count(html);
        Assert.True(fields >= 3);
        Assert.Equal(fields, LabelledField().Count(html));
    }

    [Fact]
    public async Task The_page_never_writes_text_as_markup()
    {
        string html = await fixture.Server.Client.GetStringAsync("/");
        Assert.DoesNotContain("innerHTML", html, StringComparison.Ordinal);
        Assert.DoesNotContain("insertAdjacentHTML", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_ok_while_the_database_can_be_read()
    {
        Assert.Equal("ok", await fixture.Server.Client.GetStringAsync("/healthz"));
    }

    [GeneratedRegex("""<(link|script|img|iframe|object)\b[^>]*\b(src|href)=|url\(|@import""")]
    private static partial Regex Loading();

    [GeneratedRegex("<(input|select|textarea)")]
    private static partial Regex Field();

    [GeneratedRegex("""<label>[^<]+<(input|select|textarea)""")]
    private static partial Regex LabelledField();
}
