using System.Buffers;

namespace UrlShortener;

/// <summary>Which codes there can be.</summary>
internal static class AliasRules
{
    public const int MinLength = 3;
    public const int MaxLength = 32;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_");

    // What the service answers itself, or may come to. Routes ignore case, so this does.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "admin", "api", "assets", "favicon", "health", "healthz", "metrics", "robots", "static",
    };

    /// <summary>Tells whether a text could be the code of a link, which spares the database the search for the rest.</summary>
    public static bool CouldBeCode(string text) =>
        text.Length is >= MinLength and <= MaxLength && !text.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Says what is wrong with an alias; <see langword="null"/> if nothing is.</summary>
    public static string? FindFault(string alias)
    {
        if (!CouldBeCode(alias))
        {
            return $"An alias has {MinLength} to {MaxLength} characters out of 0-9, A-Z, a-z, _ and -.";
        }

        return Reserved.Contains(alias) ? $"The alias '{alias}' is reserved." : null;
    }
}
