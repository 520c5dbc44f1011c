namespace UrlShortener;

/// <summary>Which link a URL has that needs neither alias nor expiry: all there is to such a link but its visits.</summary>
internal sealed record PlainUrl(string Url, long Id, string Code, DateTimeOffset CreatedAt);
