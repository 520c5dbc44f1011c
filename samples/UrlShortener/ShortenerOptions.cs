namespace UrlShortener;

/// <summary>The settings of the service: configuration section <c>UrlShortener</c>, so <c>UrlShortener__Data</c> in the
/// environment; options on the command line win.</summary>
internal sealed class ShortenerOptions
{
    public const string Section = "UrlShortener";

    /// <summary>The folder of the database, relative to the current directory.</summary>
    public string Data { get; set; } = "urlshortener-data";

    /// <summary>The worker id the server makes ids with. Processes that share a data folder need different ones.</summary>
    public int Worker { get; set; }

    /// <summary>The worker id <c>import</c> makes ids with.</summary>
    public int ImportWorker { get; set; } = 1;

    /// <summary>The number of shards a new data folder gets; one that is there must have as many. <see langword="null"/>
    /// for whatever there is, and one in a new folder.</summary>
    public int? Shards { get; set; }

    /// <summary>Whether the host of a new link is asked whether it is there.</summary>
    public bool CheckLinks { get; set; }

    /// <summary>The same, with hosts in private networks: for a service that none but its own people can reach.</summary>
    public bool CheckPrivateLinks { get; set; }

    public static ShortenerOptions From(IConfiguration configuration)
    {
        try
        {
            return configuration.GetSection(Section).Get<ShortenerOptions>() ?? new ShortenerOptions();
        }
        catch (InvalidOperationException exception)
        {
            throw new ShortenerException($"Bad setting: {exception.Message}", exception);
        }
    }
}
