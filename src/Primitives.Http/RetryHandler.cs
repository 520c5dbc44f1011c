using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Primitives;

/// <summary>Sends requests again that failed and may be repeated.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> Only GET, HEAD, OPTIONS, TRACE, PUT and DELETE are repeated, and only if their content can be
/// written again: none, bytes, text, a form, or JSON, which is buffered first. Worth it are network errors, timeouts, 408,
/// 429 and 5xx but 501 and 505; a refusal by a breaker or bulkhead is not. A Retry-After header is heeded as
/// <see cref="RetryOptions.MaxServerDelay"/> says. Responses that are given up are disposed. Each attempt goes where the first
/// did, also after a redirection.</para>
/// <para><b>Limits.</b> Put it outside of <see cref="CircuitBreakerHandler"/> and <see cref="BulkheadHandler"/>, so that each
/// attempt is judged and bounded, and no place is held through a delay. <see cref="RetryOptions.AttemptTimeout"/> ends with
/// the response's headers; <see cref="HttpClient.Timeout"/> covers all attempts together, and a body that is buffered.</para>
/// <para><b>Thread safety.</b> Requests may be sent at once from any number of threads.</para>
/// </remarks>
public sealed class RetryHandler : DelegatingHandler
{
    private readonly RetryOptions _options;
    private readonly RetryOptions _once;
    private readonly Func<HttpResponseMessage, RetryDecision> _decide;

    /// <summary>Creates a handler.</summary>
    /// <param name="options">The rules; copied. Where <see cref="RetryOptions.Decide"/> is <see langword="null"/>, network
    /// errors and timeouts are worth another attempt.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    public RetryHandler(RetryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = With(options, options.Backoff);
        _once = With(options, default);
        _decide = response => HttpOutcome.Decide(response, _options.TimeProvider);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(HttpOutcome.CallersToken, cancellationToken);
        bool repeatable = HttpOutcome.IsRepeatable(request);
        if (repeatable && request.Content is JsonContent json)
        {
            json.LoadIntoBufferAsync(cancellationToken).GetAwaiter().GetResult();
        }

        // The attempts are synchronous; what is waited for here are the delays between them.
        return Retry.ExecuteAsync(
            static (state, token) => new ValueTask<HttpResponseMessage>(state.Handler.SendBlocking(state.Original, token)),
            (Handler: this, Original: new OriginalRequest(request)),
            repeatable ? _options : _once,
            _decide,
            cancellationToken).AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(HttpOutcome.CallersToken, cancellationToken);
        bool repeatable = HttpOutcome.IsRepeatable(request);
        if (repeatable && request.Content is JsonContent json)
        {
            await json.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        }

        return await Retry.ExecuteAsync(
            static (state, token) => new ValueTask<HttpResponseMessage>(state.Handler.SendInnerAsync(state.Original, token)),
            (Handler: this, Original: new OriginalRequest(request)),
            repeatable ? _options : _once,
            _decide,
            cancellationToken).ConfigureAwait(false);
    }

    private static RetryOptions With(RetryOptions options, Backoff backoff) => new()
    {
        Backoff = backoff,
        Budget = options.Budget,
        Decide = options.Decide ?? HttpOutcome.Decide,
        AttemptTimeout = options.AttemptTimeout,
        MaxServerDelay = options.MaxServerDelay,
        ClampServerDelay = options.ClampServerDelay,
        TimeProvider = options.TimeProvider,
    };

    private HttpResponseMessage SendBlocking(in OriginalRequest original, CancellationToken cancellationToken) =>
        base.Send(original.Restore(), cancellationToken);

    private Task<HttpResponseMessage> SendInnerAsync(in OriginalRequest original, CancellationToken cancellationToken) =>
        base.SendAsync(original.Restore(), cancellationToken);

    /// <summary>What the platform's handler for redirections overwrites in a request: where it went before must not become
    /// where it is repeated.</summary>
    private readonly struct OriginalRequest(HttpRequestMessage request)
    {
        private readonly Uri? _uri = request.RequestUri;
        private readonly HttpMethod _method = request.Method;
        private readonly HttpContent? _content = request.Content;
        private readonly AuthenticationHeaderValue? _authorization = request.Headers.Authorization;

        public HttpRequestMessage Restore()
        {
            request.RequestUri = _uri;
            request.Method = _method;
            request.Content = _content;
            if (!Equals(request.Headers.Authorization, _authorization)) // writing one that does not parse back would remove it
            {
                request.Headers.Authorization = _authorization;
            }

            return request;
        }
    }
}
