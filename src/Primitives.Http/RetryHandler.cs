using System.Net.Http.Json;

namespace Primitives;

/// <summary>Sends requests again that failed and may be repeated.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> Only GET, HEAD, OPTIONS, TRACE, PUT and DELETE are repeated, and only if their content can be
/// written again: none, bytes, text, a form, or JSON, which is buffered first. Worth it are network errors, timeouts, 408,
/// 429 and 5xx but 501 and 505; a refusal by a breaker or bulkhead is not. A Retry-After header is heeded as
/// <see cref="RetryOptions.MaxServerDelay"/> says. Responses that are given up are disposed.</para>
/// <para><b>Limits.</b> Put it outside of <see cref="CircuitBreakerHandler"/> and <see cref="BulkheadHandler"/>, so that each
/// attempt is judged and bounded, and no place is held through a delay. <see cref="HttpClient.Timeout"/> covers all attempts
/// together.</para>
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
        _options = With(options, options.Backoff, options.Decide ?? HttpOutcome.Decide);
        _once = With(options, default, static _ => RetryDecision.Stop);
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
            static (state, token) => new ValueTask<HttpResponseMessage>(state.Handler.SendBlocking(state.Request, token)),
            (Handler: this, Request: request),
            repeatable ? _options : _once,
            repeatable ? _decide : null,
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
            static (state, token) => new ValueTask<HttpResponseMessage>(state.Handler.SendInnerAsync(state.Request, token)),
            (Handler: this, Request: request),
            repeatable ? _options : _once,
            repeatable ? _decide : null,
            cancellationToken).ConfigureAwait(false);
    }

    private static RetryOptions With(RetryOptions options, Backoff backoff, Func<Exception, RetryDecision> decide) => new()
    {
        Backoff = backoff,
        Budget = options.Budget,
        Decide = decide,
        AttemptTimeout = options.AttemptTimeout,
        MaxServerDelay = options.MaxServerDelay,
        ClampServerDelay = options.ClampServerDelay,
        TimeProvider = options.TimeProvider,
    };

    private HttpResponseMessage SendBlocking(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.Send(request, cancellationToken);

    private Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.SendAsync(request, cancellationToken);
}
