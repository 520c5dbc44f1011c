namespace UrlShortener;

/// <summary>A link to be made, checked against every rule.</summary>
/// <param name="Url">The canonical URL.</param>
/// <param name="Alias">The code asked for; <see langword="null"/> for a generated one.</param>
/// <param name="ExpiresAt">When the link ends, in whole milliseconds; <see langword="null"/> for never.</param>
internal sealed record NewLink(string Url, string? Alias = null, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>Gets whether it is the one link of its URL, for which neither was asked.</summary>
    public bool IsPlain => Alias is null && ExpiresAt is null;
}
