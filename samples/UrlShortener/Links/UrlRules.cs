using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace UrlShortener;

/// <summary>Which URLs are accepted, and the one spelling each is stored, compared and redirected to in.</summary>
/// <remarks>
/// The canonical form is the syntactic normalisation of RFC 3986, section 6.2.2, as <see cref="Uri"/> does it: scheme and
/// host in lower case, the scheme's default port left out, <c>/</c> for an empty path, dot segments resolved, what is not
/// allowed in a URL percent-encoded. Nothing is guessed about the site: <c>http</c> and <c>https</c>, <c>www.</c>, a
/// closing slash and the order of parameters all stay, and make different URLs. It is pure ASCII without blanks, so it
/// can be sent as a header as it stands.
/// </remarks>
internal static class UrlRules
{
    /// <summary>The longest URL, as given and in canonical form.</summary>
    public const int MaxLength = 2048;

    /// <summary>Checks a URL and brings it into canonical form.</summary>
    public static bool TryNormalize(
        string? text, [NotNullWhen(true)] out string? url, [NotNullWhen(false)] out string? fault)
    {
        url = null;
        string current = text ?? "";
        fault = FindFaultInText(current);
        while (fault is null)
        {
            if (!Uri.TryCreate(current, UriKind.Absolute, out Uri? uri))
            {
                fault = "The URL is not valid: its host or port cannot be read.";
            }
            else if (uri.AbsoluteUri == current)
            {
                fault = FindFaultInParts(uri);
                url = fault is null ? current : null;
                break;
            }
            else
            {
                // Once more: Uri takes no notice of escapes right behind a stray %, which itself is escaped by now.
                current = uri.AbsoluteUri;
            }
        }

        return url is not null;
    }

    /// <summary>Tells whether a canonical URL leads to the service itself, so that the link could lead to itself.</summary>
    public static bool LeadsTo(string url, HostString host)
    {
        var uri = new Uri(url);
        int port = host.Port ?? (uri.Scheme == Uri.UriSchemeHttps ? 443 : 80);
        return uri.Port == port && string.Equals(uri.Host, host.Host, StringComparison.OrdinalIgnoreCase);
    }

    private static string? FindFaultInText(string text)
    {
        if (text.Length == 0)
        {
            return "The URL is missing.";
        }

        if (text.Length > MaxLength)
        {
            return $"The URL has {text.Length} characters; at most {MaxLength} are allowed.";
        }

        foreach (char c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                return "The URL has a blank or a control character in it; percent-encode it.";
            }

            if (c == '\uFFFD')
            {
                return "The URL is not valid UTF-8.";
            }
        }

        return text.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            ? null
            : "The URL must be absolute and begin with http:// or https://.";
    }

    private static string? FindFaultInParts(Uri uri)
    {
        if (uri.UserInfo.Length > 0)
        {
            // Links are public, and a name before an @ is how links pretend to lead elsewhere.
            return "The URL has a user name or password in it.";
        }

        if (!Ascii.IsValid(uri.Host))
        {
            // Which ASCII name a Unicode one stands for is decided by tables of ICU that may not be installed.
            return "The host has letters beyond ASCII; write it as xn--….";
        }

        int length = uri.AbsoluteUri.Length;
        return length > MaxLength
            ? $"The URL has {length} characters once percent-encoded; at most {MaxLength} are allowed."
            : null;
    }
}
