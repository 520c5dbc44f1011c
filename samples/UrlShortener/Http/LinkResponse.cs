namespace UrlShortener;

/// <summary>A link as the API shows it.</summary>
internal sealed record LinkResponse(
    string Code, string ShortUrl, string Url, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long Visits, long Visitors)
{
    public static LinkResponse From(Link link, long visitors, HttpRequest request) =>
        new(link.Code, ShortUrlOf(link, request), link.Url, link.CreatedAt, link.ExpiresAt, link.Visits, visitors);

    private static string ShortUrlOf(Link link, HttpRequest request) =>
        $"{request.Scheme}://{request.Host}{request.PathBase}/{link.Code}";
}
