namespace UrlShortener.Tests;

/// <summary>A link as a client of the API would declare it.</summary>
internal sealed record LinkDto(
    string Code, string ShortUrl, string Url, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long Visits, long Visitors);
