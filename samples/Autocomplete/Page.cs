namespace Autocomplete;

/// <summary>The page at <c>/</c>: one file, in the assembly, that needs nothing from elsewhere.</summary>
internal static class Page
{
    private const string Policy =
        "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        using Stream stream = typeof(Page).Assembly.GetManifestResourceStream("index.html")!;
        byte[] html = new byte[stream.Length];
        stream.ReadExactly(html);
        routes.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.XContentTypeOptions = "nosniff";
            return TypedResults.Bytes(html, "text/html; charset=utf-8");
        });
    }
}
