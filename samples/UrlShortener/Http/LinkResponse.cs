namespace UrlShortener;

/// <summary>A link as the API shows it.</summary>
internal sealed record LinkResponse(
    string Code, string ShortUrl, string Url, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long Visits)
{
    public static LinkResponse From(Link link, HttpRequest request) =>
        new(link.Code, ShortUrlOf(link, request), link.Url, link.CreatedAt, link.ExpiresAt, link.Visits);

    private static string ShortUrlOf(Link link, HttpRequest request) =>
        $"{request.Scheme}://{request.Host}{request.PathBase}/{link.Code}";
}
