using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;

namespace Primitives;

/// <summary>What responses say, and which requests may be repeated.</summary>
internal static class HttpOutcome
{
    /// <summary>The token of whoever called the outermost handler. An inner handler whose own token is cancelled while this
    /// one is not has run into a timeout, which is the server's failure and not the caller's wish.</summary>
    public static readonly HttpRequestOptionsKey<CancellationToken> CallersToken = new("Primitives.CallersToken");

    /// <summary>5xx and 408: the server is in trouble. 429: it is fine, and says that we are too many.</summary>
    public static CallOutcome Classify(HttpResponseMessage response) =>
        (int)response.StatusCode >= 500 || response.StatusCode == HttpStatusCode.RequestTimeout ? CallOutcome.Failure
        : response.StatusCode == HttpStatusCode.TooManyRequests ? CallOutcome.Ignored
        : CallOutcome.Success;

    public static CallOutcome Classify(HttpRequestMessage request, Exception exception, CancellationToken cancellationToken)
    {
        CancellationToken callers = request.Options.TryGetValue(CallersToken, out CancellationToken outer) ? outer : cancellationToken;
        return exception is OperationCanceledException && callers.IsCancellationRequested ? CallOutcome.Ignored
            : exception is CircuitOpenException or BulkheadRejectedException ? CallOutcome.Ignored // it never got there
            : CallOutcome.Failure;
    }

    /// <summary>408, 429 and 5xx but 501 and 505, which will not get better by asking again.</summary>
    public static RetryDecision Decide(HttpResponseMessage response, TimeProvider timeProvider)
    {
        bool retry = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            || ((int)response.StatusCode >= 500
                && response.StatusCode is not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported));
        return !retry ? RetryDecision.Stop
            : response.Headers.RetryAfter is { } retryAfter ? RetryDecision.After(ToDelay(retryAfter, timeProvider))
            : RetryDecision.Again;
    }

    /// <summary>Network errors and timeouts, a connection's among them, which the platform gives as a cancellation. A
    /// connection that is reset between its making and its first use comes as the socket's own exception. Not a refusal by
    /// a breaker or a bulkhead: those are there to shed load.</summary>
    public static RetryDecision Decide(Exception exception) =>
        exception is HttpRequestException or SocketException or IOException or TimeoutException
            or OperationCanceledException { InnerException: TimeoutException }
            ? RetryDecision.Again
            : RetryDecision.Stop;

    /// <summary>Whether a cancellation comes from within: an attempt's timeout, and not the caller.</summary>
    public static bool IsTimeout(HttpRequestMessage request) =>
        request.Options.TryGetValue(CallersToken, out CancellationToken callers) && !callers.IsCancellationRequested;

    /// <summary>Whether a request may be sent twice: its method is idempotent (RFC 9110, 9.2.2), and its content can be
    /// written again.</summary>
    public static bool IsRepeatable(HttpRequestMessage request) =>
        (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options
            || request.Method == HttpMethod.Trace || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete)
        && request.Content is null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent;

    /// <summary>Scheme, host and port: what shares a fate.</summary>
    public static string Authority(HttpRequestMessage request) =>
        request.RequestUri is { IsAbsoluteUri: true } uri ? uri.GetLeftPart(UriPartial.Authority) : "";

    private static TimeSpan ToDelay(RetryConditionHeaderValue retryAfter, TimeProvider timeProvider) =>
        retryAfter.Delta ?? (retryAfter.Date is { } date ? date - timeProvider.GetUtcNow() : TimeSpan.Zero);
}
