namespace UrlShortener;

/// <summary>The body of <c>POST /api/links</c>.</summary>
internal sealed record CreateLinkRequest(
    string? Url = null, string? Alias = null, string? ExpiresAt = null, long? ExpiresInSeconds = null);
