namespace UrlShortener;

/// <summary>A short link as stored.</summary>
/// <param name="Id">Its Snowflake id.</param>
/// <param name="Code">What stands in the short URL: made from the id, or the alias asked for.</param>
/// <param name="Url">Where it leads, in canonical form.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From when on it leads nowhere; <see langword="null"/> for never.</param>
/// <param name="Visits">How often it was followed.</param>
internal sealed record Link(
    long Id, string Code, string Url, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long Visits)
{
    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;
}
