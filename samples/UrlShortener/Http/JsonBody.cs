using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace UrlShortener;

/// <summary>Reads JSON bodies strictly, so that a misspelt member is an error and not ignored.</summary>
internal static class JsonBody
{
    private static readonly JsonSerializerOptions Strict =
        new(JsonSerializerOptions.Strict) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Reads the body as a <typeparamref name="T"/>, or says as a problem why it is none.</summary>
    public static async Task<(T? Value, ProblemHttpResult? Problem)> ReadAsync<T>(HttpRequest request)
        where T : class
    {
        if (!request.HasJsonContentType())
        {
            return (null, Problems.UnsupportedMediaType);
        }

        try
        {
            // Always as UTF-8, as RFC 8259 has it: a charset in the content type means nothing for JSON.
            T? value = await JsonSerializer.DeserializeAsync<T>(request.Body, Strict, request.HttpContext.RequestAborted);
            return value is null ? (null, Problems.BadRequest("The body is null; it must be a JSON object.")) : (value, null);
        }
        catch (JsonException exception)
        {
            return (null, Problems.BadRequest(
                $"The body is not the JSON object expected, at {exception.Path ?? "$"} " +
                $"(line {exception.LineNumber + 1}, byte {exception.BytePositionInLine})."));
        }
        catch (BadHttpRequestException exception)
        {
            return (null, Problems.From(exception)); // too large, or broken off
        }
    }
}
