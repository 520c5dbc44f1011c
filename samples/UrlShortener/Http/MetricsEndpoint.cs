using System.Globalization;
using System.Text;
using Primitives;

namespace UrlShortener;

/// <summary>Figures for a monitor, in Prometheus's text format.</summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (KnownCodes codes, LinkShards shards, LinkCache cache) =>
            TypedResults.Text(Describe(codes, shards, cache), "text/plain; version=0.0.4"));

    private static string Describe(KnownCodes codes, LinkShards shards, LinkCache cache)
    {
        CacheStatistics reads = cache.Statistics;
        var text = new StringBuilder();
        Add("urlshortener_codes_trusted", "gauge", "1 while unknown codes are answered from memory.", codes.IsTrusted ? 1 : 0);
        Add("urlshortener_codes_items", "gauge", "Codes in the Bloom filter.", codes.Count);
        Add("urlshortener_codes_bytes", "gauge", "Size of the Bloom filter.", codes.ByteCount);
        Add("urlshortener_codes_false_positive_rate", "gauge", "Share of unknown codes that are looked up after all, as the filter is now.", codes.Rate);
        Add("urlshortener_codes_refused_total", "counter", "Unknown codes answered without looking them up.", codes.Refused);
        Add("urlshortener_lookups_total", "counter", "Codes looked up in the database.", shards.Lookups);
        Add("urlshortener_cache_entries", "gauge", "Links, and codes that are none, in the cache.", cache.Count);
        Add("urlshortener_cache_hits_total", "counter", "Redirects answered from the cache.", reads.Hits);
        Add("urlshortener_cache_misses_total", "counter", "Redirects that the cache could not answer.", reads.Misses);
        Add("urlshortener_cache_loads_total", "counter", "Reads for the cache, those in the background too.", reads.Loads);
        return text.ToString();

        void Add(string name, string type, string help, double value) =>
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
    }
}
