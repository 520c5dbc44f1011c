using Primitives;

namespace Autocomplete;

/// <summary>The endpoints.</summary>
internal static class Api
{
    private const int DefaultCount = 8;
    private const int MaxCount = 50;
    private const int MaxLength = 200;

    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/suggest", Suggest);
        routes.MapPost("/api/searches", Search);
        routes.MapGet("/healthz", () => "ok");
    }

    private static IResult Suggest(SearchStore store, string q = "", int k = DefaultCount, int? edits = null)
    {
        if (q.Length > MaxLength || k is < 1 or > MaxCount || edits is < 0 or > AutocompleteQuery.MostEdits)
        {
            return Refuse($"q has at most {MaxLength} characters, k is from 1 to {MaxCount}, edits from 0 to {AutocompleteQuery.MostEdits}.");
        }

        var query = new AutocompleteQuery { MaxEdits = edits ?? AutocompleteQuery.SuggestEdits(q) };
        var completions = new Completion[k];
        int count = store.Index.Complete(q, completions, query);
        return TypedResults.Json(completions.Take(count).Select(found => new Suggestion(found.Text, found.Int64Score, found.Edits)));
    }

    private static IResult Search(SearchStore store, SearchRequest request)
    {
        string term = (request.Q ?? "").Trim();
        if (term.Length is 0 or > MaxLength || term.Any(char.IsControl))
        {
            return Refuse($"q has from 1 to {MaxLength} characters, none of them a control character.");
        }

        try
        {
            store.Add(term);
            return TypedResults.NoContent();
        }
        catch (ArgumentException exception)
        {
            return Refuse(exception.Message);
        }
    }

    private static IResult Refuse(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    private sealed record Suggestion(string Text, long Score, int Edits);

    private sealed record SearchRequest(string? Q);
}
