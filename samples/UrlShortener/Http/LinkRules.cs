using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace UrlShortener;

/// <summary>Turns a request into a link to add, or says what is wrong with it.</summary>
internal static class LinkRules
{
    // RFC 3339. A time without an offset is refused: whose time it is would be a guess.
    private static readonly string[] InstantFormats =
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    public static bool TryCreate(
        CreateLinkRequest request,
        HostString host,
        DateTimeOffset now,
        [NotNullWhen(true)] out NewLink? link,
        [NotNullWhen(false)] out string? fault)
    {
        link = null;
        if (!UrlRules.TryNormalize(request.Url, out string? url, out fault))
        {
            return false;
        }

        if (UrlRules.LeadsTo(url, host))
        {
            fault = "The URL leads to this service itself.";
            return false;
        }

        if (request.Alias is not null && AliasRules.FindFault(request.Alias) is { } aliasFault)
        {
            fault = aliasFault;
            return false;
        }

        if (!TryGetExpiry(request, now, out DateTimeOffset? expiresAt, out fault))
        {
            return false;
        }

        link = new NewLink(url, request.Alias, expiresAt);
        return true;
    }

    private static bool TryGetExpiry(
        CreateLinkRequest request,
        DateTimeOffset now,
        out DateTimeOffset? expiresAt,
        [NotNullWhen(false)] out string? fault)
    {
        expiresAt = null;
        fault = null;
        if (request.ExpiresAt is not null && request.ExpiresInSeconds is not null)
        {
            fault = "Give expiresAt or expiresInSeconds, not both.";
        }
        else if (request.ExpiresAt is { } text)
        {
            if (DateTimeOffset.TryParseExact(
                text, InstantFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at))
            {
                expiresAt = LinkStore.ToMilliseconds(at);
            }
            else
            {
                fault = "expiresAt is not a time such as 2030-01-31T12:00:00Z or 2030-01-31T13:00:00+01:00.";
            }
        }
        else if (request.ExpiresInSeconds is { } seconds)
        {
            long limit = (long)(DateTimeOffset.MaxValue - now).TotalSeconds;
            if (seconds > 0 && seconds < limit)
            {
                expiresAt = LinkStore.ToMilliseconds(now.AddSeconds(seconds));
            }
            else
            {
                fault = $"expiresInSeconds must be from 1 to {limit - 1}.";
            }
        }

        if (expiresAt <= now)
        {
            fault = "expiresAt is in the past.";
        }

        return fault is null;
    }
}
