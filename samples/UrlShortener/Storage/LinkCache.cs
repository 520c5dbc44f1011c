using Primitives;

namespace UrlShortener;

/// <summary>
/// The links that are followed most, and for a moment the codes that are none, so that redirects seldom read the database:
/// of a thousand requests for one cold link, one does.
/// </summary>
/// <remarks>Thread-safe. A link never changes and is never taken back, and whether it has expired is asked of the link itself
/// at each request; so what is here is right for as long as it is here, but for what other processes do: a link that one of
/// them makes may be unknown here for <see cref="UnknownFor"/> if it was asked for before, and one whose row was deleted by hand
/// is followed for up to <see cref="KnownFor"/>.</remarks>
internal sealed class LinkCache(Func<string, Link?> find, TimeProvider time, KnownCodes? known = null) : IDisposable
{
    /// <summary>How long a link is known without having been read again.</summary>
    public static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(10);

    /// <summary>The age from which a link in use is read again, in the background.</summary>
    public static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>How long a code is taken to be none.</summary>
    public static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(1);

    private const int MostLinks = 50_000; // of 2,048 characters at most, so 250 MB if all were that long; usually 20 MB

    private readonly LfuCache<string, Link> _links = new(
        new CacheOptions<string, Link>
        {
            Capacity = MostLinks,
            ExpireAfterWrite = KnownFor,
            RefreshAfter = ReadAgainAfter,
            MissingTimeToLive = UnknownFor,
        },
        time);

    /// <summary>Gets how often the database was read.</summary>
    public long Reads => Statistics.Loads;

    /// <summary>Gets the number of links, and of codes that are none, that are here.</summary>
    public int Count => _links.Count;

    /// <summary>Gets what the cache did.</summary>
    public CacheStatistics Statistics => _links.Statistics;

    /// <summary>Finds the link of a code.</summary>
    public async ValueTask<Link?> FindAsync(string code, CancellationToken cancellationToken)
    {
        // Before the cache: codes that are surely none must not take the places of links in it.
        if (known?.MayExist(code) == false)
        {
            return null;
        }

        CacheLookup<Link> found = await _links.TryGetOrAddAsync(
            code,
            find,
            static (code, find, _) => ValueTask.FromResult(find(code) is { } link ? link : CacheResult<Link>.Missing()),
            cancellationToken);
        return found.TryGetValue(out Link? link) ? link : null;
    }

    /// <summary>Notes that a link is there: its code is one from now on.</summary>
    public void Found(Link link) => _links.TryRemove(link.Code, out _);

    public void Dispose() => _links.Dispose();
}
