using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Primitives;

namespace UrlShortener.Tests;

public sealed class CreateLinkTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static int _unique;

    private ShortenerServer Server => fixture.Server;

    [Fact]
    public async Task A_new_link_is_answered_with_201_its_location_and_its_details()
    {
        string url = NewUrl();
        using HttpResponseMessage response = await Server.PostAsync(new { url });
        LinkDto link = await Server.ShortenAsync(url);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(link.ShortUrl, response.Headers.Location?.OriginalString);
        Assert.Equal($"{Server.BaseAddress}{link.Code}", link.ShortUrl);
        Assert.Matches("^[0-9A-Za-z]{8}$", link.Code);
        Assert.Equal(url, link.Url);
        Assert.Equal(fixture.Time.GetUtcNow(), link.CreatedAt);
        Assert.Null(link.ExpiresAt);
        Assert.Equal(0, link.Visits);
    }

    [Fact]
    public async Task The_code_is_the_permuted_id_in_base62()
    {
        LinkDto link = await Server.ShortenAsync(NewUrl());

        var database = new Database(fixture.DataFolder);
        var permutation = new ShortCodePermutation(database.CodeKey(), 8);
        long id = database.Links().Single(stored => stored.Code == link.Code).Id;
        Assert.Equal((ulong)id, permutation.Invert(Base62.Decode(link.Code, width: 8)));
    }

    [Fact]
    public async Task The_same_url_again_gives_the_same_code_with_200()
    {
        string url = NewUrl();
        LinkDto first = await Server.ShortenAsync(url);
        await Server.Client.GetAsync(first.ShortUrl);

        using HttpResponseMessage response = await Server.PostAsync(new { url });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(first with { Visits = 1, Visitors = 1 }, await Server.ShortenAsync(url));
    }

    [Fact]
    public async Task Spellings_of_one_url_are_one_link()
    {
        LinkDto first = await Server.ShortenAsync("http://spelling.example");
        LinkDto second = await Server.ShortenAsync("HTTP://Spelling.Example:80/");
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Concurrent_posts_of_one_url_give_one_code()
    {
        for (int round = 0; round < 10; round++)
        {
            string url = NewUrl();
            HttpResponseMessage[] responses = await Task.WhenAll(
                Enumerable.Range(0, 32).Select(_ => Server.PostAsync(new { url })));

            Assert.Single(responses, response => response.StatusCode == HttpStatusCode.Created);
            Assert.Equal(31, responses.Count(response => response.StatusCode == HttpStatusCode.OK));
            Assert.Single(await Task.WhenAll(responses.Select(response => response.Content.ReadAsStringAsync())).ContinueWith(
                bodies => bodies.Result.Distinct()));
        }
    }

    [Fact]
    public async Task Concurrent_posts_of_different_urls_all_get_codes_of_their_own()
    {
        LinkDto[] links = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Server.ShortenAsync(NewUrl())));
        Assert.Equal(300, links.Select(link => link.Code).Distinct().Count());
    }

    [Fact]
    public async Task Concurrent_posts_of_one_alias_give_it_to_one_url()
    {
        string alias = NewAlias();
        HttpResponseMessage[] responses = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(_ => Server.PostAsync(new { url = NewUrl(), alias })));
        Assert.Single(responses, response => response.StatusCode == HttpStatusCode.Created);
        Assert.Equal(31, responses.Count(response => response.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task An_alias_becomes_the_code()
    {
        foreach (string alias in new[] { "abc", "A-b_9", new string('z', 32), "apiary" })
        {
            using HttpResponseMessage response = await Server.PostAsync(new { url = NewUrl(), alias });
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.Equal($"{Server.BaseAddress}{alias}", response.Headers.Location?.OriginalString);
        }
    }

    [Fact]
    public async Task An_alias_that_belongs_to_another_link_is_answered_with_409()
    {
        string alias = NewAlias();
        await Server.ShortenAsync(new { url = NewUrl(), alias });

        using HttpResponseMessage response = await Server.PostAsync(new { url = NewUrl(), alias });
        Assert.Contains(alias, await Problem.AssertAsync(HttpStatusCode.Conflict, response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_alias_for_the_same_url_and_expiry_is_the_same_link()
    {
        var request = new { url = NewUrl(), alias = NewAlias(), expiresAt = "2030-01-01T00:00:00Z" };
        LinkDto first = await Server.ShortenAsync(request);

        using HttpResponseMessage again = await Server.PostAsync(request);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(first, await Server.ShortenAsync(request));

        using HttpResponseMessage later = await Server.PostAsync(request with { expiresAt = "2031-01-01T00:00:00Z" });
        await Problem.AssertAsync(HttpStatusCode.Conflict, later);
        using HttpResponseMessage never = await Server.PostAsync(new { request.url, request.alias });
        await Problem.AssertAsync(HttpStatusCode.Conflict, never);
    }

    [Fact]
    public async Task Aliases_are_case_sensitive()
    {
        string alias = NewAlias();
        await Server.ShortenAsync(new { url = NewUrl(), alias });
        await Server.ShortenAsync(new { url = NewUrl(), alias = alias.ToUpperInvariant() });
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("abc?")]
    [InlineData("äöü")]
    [InlineData("abc\n")]
    [InlineData("api")]
    [InlineData("API")]
    [InlineData("healthz")]
    [InlineData("Favicon")]
    public async Task An_alias_that_breaks_the_rules_or_is_reserved_is_refused(string alias)
    {
        using HttpResponseMessage response = await Server.PostAsync(new { url = NewUrl(), alias });
        Assert.Contains("alias", await Problem.AssertAsync(HttpStatusCode.BadRequest, response), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_generated_code_that_equals_an_alias_is_passed_over()
    {
        var database = new Database(fixture.DataFolder);
        var permutation = new ShortCodePermutation(database.CodeKey(), 8);
        LinkDto before = await Server.ShortenAsync(NewUrl());
        long id = (long)permutation.Invert(Base62.Decode(before.Code, width: 8));

        // The clock stands still, so ids count up. The alias's own link takes the next; hers is the one after.
        long second = Next(Next(id));
        string coming = Base62.Encode(permutation.Permute((ulong)second), 8);
        await Server.ShortenAsync(new { url = NewUrl(), alias = coming });

        LinkDto after = await Server.ShortenAsync(NewUrl());
        Assert.Equal((ulong)Next(second), permutation.Invert(Base62.Decode(after.Code, width: 8)));

        // The first id of the next tick comes after the last one of a tick.
        static long Next(long id)
        {
            SnowflakeParts parts = LinkCodes.Layout.Decode(id);
            return parts.Sequence + 1 < LinkCodes.Layout.IdsPerTick
                ? id + 1
                : LinkCodes.Layout.Encode(parts.Timestamp + LinkCodes.Layout.Tick, parts.WorkerId, sequence: 0);
        }
    }

    [Fact]
    public async Task A_plain_link_reuses_neither_an_alias_nor_a_link_that_expires()
    {
        string url = NewUrl();
        LinkDto alias = await Server.ShortenAsync(new { url, alias = NewAlias() });
        LinkDto expiring = await Server.ShortenAsync(new { url, expiresInSeconds = 60 });
        LinkDto plain = await Server.ShortenAsync(url);
        LinkDto expiringToo = await Server.ShortenAsync(new { url, expiresInSeconds = 60 });

        Assert.Equal(4, new[] { alias, expiring, plain, expiringToo }.Select(link => link.Code).Distinct().Count());
        Assert.Null(plain.ExpiresAt);
        Assert.Equal(plain, await Server.ShortenAsync(url));
    }

    [Fact]
    public async Task An_expiry_is_an_instant_or_a_number_of_seconds()
    {
        DateTimeOffset now = fixture.Time.GetUtcNow();
        Assert.Equal(
            now.AddSeconds(90), (await Server.ShortenAsync(new { url = NewUrl(), expiresInSeconds = 90 })).ExpiresAt);

        var instant = new DateTimeOffset(2030, 5, 6, 7, 8, 9, 123, TimeSpan.Zero);
        foreach (string text in new[] { "2030-05-06T07:08:09.123Z", "2030-05-06T09:08:09.123+02:00", "2030-05-06T07:08:09.1234567Z" })
        {
            Assert.Equal(instant, (await Server.ShortenAsync(new { url = NewUrl(), expiresAt = text })).ExpiresAt);
        }
    }

    [Theory]
    [InlineData("""{ "url": "http://h/", "expiresAt": "tomorrow" }""", "expiresAt")]
    [InlineData("""{ "url": "http://h/", "expiresAt": "2030-05-06T07:08:09" }""", "expiresAt")]
    [InlineData("""{ "url": "http://h/", "expiresAt": "2030-05-06" }""", "expiresAt")]
    [InlineData("""{ "url": "http://h/", "expiresAt": "2030-13-06T07:08:09Z" }""", "expiresAt")]
    [InlineData("""{ "url": "http://h/", "expiresAt": "" }""", "expiresAt")]
    [InlineData("""{ "url": "http://h/", "expiresAt": "2020-01-01T00:00:00Z" }""", "past")]
    [InlineData("""{ "url": "http://h/", "expiresAt": "2026-01-01T00:00:00Z" }""", "past")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": 0 }""", "expiresInSeconds")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": -5 }""", "expiresInSeconds")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": 9223372036854775807 }""", "expiresInSeconds")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": 251700000000000 }""", "expiresInSeconds")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": 5, "expiresAt": "2030-01-01T00:00:00Z" }""", "both")]
    [InlineData("""{ "url": "http://h/", "expires": 5 }""", "expires")]
    [InlineData("""{ "url": "http://h/", "url": "http://i/" }""", "JSON")]
    [InlineData("""{ "url": 5 }""", "url")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": 1.5 }""", "expiresInSeconds")]
    [InlineData("""{ "url": "http://h/", "expiresInSeconds": "5" }""", "expiresInSeconds")]
    [InlineData("""{ "url": "\ud800" }""", "JSON")]
    [InlineData("""{ "url": """, "JSON")]
    [InlineData("""{ "url": "http://h/" } x""", "JSON")]
    [InlineData("not json", "JSON")]
    [InlineData("[]", "JSON")]
    [InlineData("null", "JSON")]
    [InlineData("", "JSON")]
    [InlineData("{}", "URL")]
    [InlineData("""{ "url": null }""", "URL")]
    [InlineData("""{ "url": "ftp://h/" }""", "http://")]
    public async Task A_bad_request_is_told_what_is_wrong_with_it(string body, string reason)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Server.Client.PostAsync("/api/links", content);
        string detail = await Problem.AssertAsync(HttpStatusCode.BadRequest, response);
        Assert.Contains(reason, detail, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_no_utf8_is_refused()
    {
        using var content = new ByteArrayContent([.. "{ \"url\": \"http://h/"u8, 0xFF, .. "\" }"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage response = await Server.Client.PostAsync("/api/links", content);
        await Problem.AssertAsync(HttpStatusCode.BadRequest, response);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml; charset=utf-8")]
    [InlineData(null)]
    public async Task A_body_that_is_not_called_json_is_refused_with_415(string? mediaType)
    {
        using var content = new ByteArrayContent("""{ "url": "http://h/" }"""u8.ToArray());
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        using HttpResponseMessage response = await Server.Client.PostAsync("/api/links", content);
        await Problem.AssertAsync(HttpStatusCode.UnsupportedMediaType, response);
    }

    [Fact]
    public async Task A_charset_means_nothing_to_json()
    {
        using var content = new ByteArrayContent("""{ "url": "http://h/ü" }"""u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=nonsense");
        using HttpResponseMessage response = await Server.Client.PostAsync("/api/links", content);
        Assert.Contains("http://h/%C3%BC", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_large_is_refused_with_413(bool saysItsLength)
    {
        using var content = new StringContent($"{{ \"url\": \"http://h/{new string('a', 20_000)}\" }}", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/links") { Content = content };
        request.Headers.TransferEncodingChunked = !saysItsLength;
        using HttpResponseMessage response = await Server.Client.SendAsync(request);
        await Problem.AssertAsync(HttpStatusCode.RequestEntityTooLarge, response);
    }

    [Fact]
    public async Task The_longest_url_fits_even_if_every_character_is_escaped()
    {
        string path = string.Concat(Enumerable.Repeat("\\u0061", UrlRules.MaxLength - "http://h/".Length));
        using var content = new StringContent($"{{ \"url\": \"http://h/{path}\" }}", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Server.Client.PostAsync("/api/links", content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task A_url_of_the_service_itself_is_refused()
    {
        using HttpResponseMessage response = await Server.PostAsync(new { url = $"{Server.BaseAddress}abc", alias = "abcabc" });
        Assert.Contains("itself", await Problem.AssertAsync(HttpStatusCode.BadRequest, response), StringComparison.Ordinal);
        await Server.ShortenAsync(new { url = $"http://127.0.0.1:{Server.BaseAddress.Port + 1}/abc" }); // another port is not it
    }

    private static string NewUrl() => $"http://create.example/{Interlocked.Increment(ref _unique)}";

    private static string NewAlias() => $"alias-{Interlocked.Increment(ref _unique)}";
}
