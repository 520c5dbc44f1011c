using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Data.Sqlite;
using Primitives;

namespace UrlShortener;

/// <summary>Answers 503 with Retry-After where the database failed, and where its breaker refused to ask it.</summary>
internal sealed class DatabaseFailures(ILogger<DatabaseFailures> logger) : IExceptionHandler
{
    // A failure that opened no breaker may be over with the next request.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        TimeSpan retryAfter;
        switch (exception)
        {
            case SqliteException:
                logger.LogError(exception, "The database failed.");
                retryAfter = AtOnce;
                break;

            case CircuitOpenException open: // not logged: the failures that opened it were
                retryAfter = open.RetryAfter;
                break;

            default:
                return false;
        }

        await Problems.Unavailable(context.Response, "The database cannot be used at the moment", retryAfter).ExecuteAsync(context);
        return true;
    }
}
