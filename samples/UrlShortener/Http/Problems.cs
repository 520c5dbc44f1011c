using Microsoft.AspNetCore.Http.HttpResults;

namespace UrlShortener;

/// <summary>The errors of the API, as problem details (RFC 9457).</summary>
internal static class Problems
{
    public static ProblemHttpResult UnsupportedMediaType { get; } =
        TypedResults.Problem("Send JSON, with Content-Type: application/json.", statusCode: 415);

    public static ProblemHttpResult BadRequest(string detail) => TypedResults.Problem(detail, statusCode: 400);

    public static ProblemHttpResult NotFound() => TypedResults.Problem("There is no such link.", statusCode: 404);

    public static ProblemHttpResult Conflict(string alias) =>
        TypedResults.Problem($"The alias '{alias}' belongs to another link.", statusCode: 409);

    public static ProblemHttpResult Gone(Link link) =>
        TypedResults.Problem($"The link ended at {link.ExpiresAt:yyyy-MM-dd'T'HH:mm:ss.FFF'Z'}.", statusCode: 410);

    public static ProblemHttpResult Unprocessable(string detail) => TypedResults.Problem(detail, statusCode: 422);

    public static ProblemHttpResult TooManyRequests(TimeSpan retryAfter) =>
        TypedResults.Problem($"Too many new links; try again in {LinkLimits.InSeconds(retryAfter)} s.", statusCode: 429);

    /// <summary>Says that a thing cannot be done now, and in Retry-After when to ask again, unless nobody knows.</summary>
    public static ProblemHttpResult Unavailable(HttpResponse response, string detail, TimeSpan retryAfter)
    {
        if (retryAfter == TimeSpan.MaxValue) // isolated by hand
        {
            return TypedResults.Problem($"{detail}.", statusCode: 503);
        }

        // At least a second: zero would ask for the next request at once.
        string seconds = LinkLimits.InSeconds(retryAfter < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : retryAfter);
        response.Headers.RetryAfter = seconds;
        return TypedResults.Problem($"{detail}; try again in {seconds} s.", statusCode: 503);
    }

    public static ProblemHttpResult From(BadHttpRequestException exception) =>
        TypedResults.Problem(exception.Message, statusCode: exception.StatusCode);
}
