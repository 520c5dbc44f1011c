namespace UrlShortener;

/// <summary>The page at <c>/</c>: one file, in the assembly, that needs nothing from elsewhere.</summary>
internal static class Page
{
    // The page may run its own script and talk to its own service, and nothing else, whatever a stored URL contains.
    private const string Policy =
        "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly byte[] Html = Load();

    public static void MapPage(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.XContentTypeOptions = "nosniff";
            return TypedResults.Bytes(Html, "text/html; charset=utf-8");
        });

    private static byte[] Load()
    {
        using Stream stream = typeof(Page).Assembly.GetManifestResourceStream("index.html")!;
        var html = new byte[stream.Length];
        stream.ReadExactly(html);
        return html;
    }
}
