using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Primitives;

namespace UrlShortener;

/// <summary>The HTTP interface.</summary>
internal static class LinkEndpoints
{
    private const int DefaultTake = 20;
    private const int MaxTake = 100;

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/links", CreateAsync).LimitRequests(LinkLimits.Name);
        routes.MapMethods("/api/links", Reading, LatestAsync);
        routes.MapMethods("/api/links/{code}", Reading, DetailsAsync);
        routes.MapMethods("/api/links/{code}/visitors", Reading, Visitors);
        routes.MapMethods("/healthz", Reading, Health);
        routes.MapMethods("/{code}", Reading, FollowAsync);
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest request, LinkWriter writer, LinkCache cache, VisitCounter visits, VisitorCounter visitors, TimeProvider time,
        [FromServices] LinkChecker? checker, CancellationToken cancellationToken)
    {
        (CreateLinkRequest? body, IResult? problem) = await JsonBody.ReadAsync<CreateLinkRequest>(request);
        if (body is null)
        {
            return problem!;
        }

        if (!LinkRules.TryCreate(body, request.Host, time.GetUtcNow(), out NewLink? link, out string? fault))
        {
            return Problems.BadRequest(fault);
        }

        if (checker is not null
            && await checker.FindProblemAsync(link.Url, request.HttpContext.Response, cancellationToken) is { } unreachable)
        {
            return unreachable;
        }

        AddedLink added = await writer.AddAsync(link, cancellationToken);
        cache.Found(added.Link);
        switch (added.Outcome)
        {
            case AddOutcome.AliasTaken:
                return Problems.Conflict(added.Link.Code);

            case AddOutcome.Created:
                var created = LinkResponse.From(added.Link, visitors: 0, request);
                return TypedResults.Created(created.ShortUrl, created);

            default:
                Link? existing = await visits.FindAsync(added.Link.Code, cancellationToken);
                return TypedResults.Ok(LinkResponse.From(existing ?? added.Link, visitors.Total(added.Link.Code), request));
        }
    }

    private static async Task<IResult> LatestAsync(
        HttpRequest request, VisitCounter visits, VisitorCounter visitors, string? take, CancellationToken cancellationToken)
    {
        int count = DefaultTake;
        if (take is not null
            && !(int.TryParse(take, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= MaxTake))
        {
            return Problems.BadRequest($"take must be a number from 1 to {MaxTake}.");
        }

        IReadOnlyList<Link> links = await visits.LatestAsync(count, cancellationToken);
        return TypedResults.Ok(links.Select(link => LinkResponse.From(link, visitors.Total(link.Code), request)));
    }

    private static async Task<IResult> DetailsAsync(
        HttpRequest request, VisitCounter visits, VisitorCounter visitors, string code, CancellationToken cancellationToken)
    {
        Link? link = AliasRules.CouldBeCode(code) ? await visits.FindAsync(code, cancellationToken) : null;
        return link is null ? Problems.NotFound() : TypedResults.Ok(LinkResponse.From(link, visitors.Total(code), request));
    }

    private static IResult Visitors(LinkStore store, VisitorCounter visitors, string code) =>
        AliasRules.CouldBeCode(code) && store.Find(code) is not null
            ? TypedResults.Ok(new VisitorsResponse(code, visitors.Total(code), visitors.Days(code)))
            : Problems.NotFound();

    private static async Task<IResult> FollowAsync(
        HttpContext context, LinkCache cache, VisitCounter visits, VisitorCounter visitors, TimeProvider time, string code)
    {
        if (!AliasRules.CouldBeCode(code) || await cache.FindAsync(code, context.RequestAborted) is not { } link)
        {
            return Problems.NotFound();
        }

        if (link.IsExpired(time.GetUtcNow()))
        {
            return Problems.Gone(link);
        }

        if (HttpMethods.IsGet(context.Request.Method))
        {
            visits.Count(link.Code);
            visitors.Count(link.Code, context);
        }

        // 302 and no-store: a browser that remembered the answer would not come back to be counted.
        context.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Redirect(link.Url);
    }

    private static IResult Health(LinkShards shards)
    {
        shards.Check(); // throws, and so answers 503, when the database cannot be read
        return TypedResults.Text("ok");
    }
}
