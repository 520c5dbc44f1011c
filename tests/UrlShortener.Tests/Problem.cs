using System.Net;
using System.Text.Json;

namespace UrlShortener.Tests;

/// <summary>Checks that an answer is a problem document.</summary>
internal static class Problem
{
    /// <summary>Checks status, media type and that the document repeats the status.</summary>
    /// <returns>What it says was wrong.</returns>
    public static async Task<string> AssertAsync(HttpStatusCode status, HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"Expected {status}, got {response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        return problem.TryGetProperty("detail", out JsonElement detail) ? detail.GetString()! : "";
    }
}
