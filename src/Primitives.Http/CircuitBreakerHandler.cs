namespace Primitives;

/// <summary>
/// Puts requests behind a circuit breaker per key, by default per scheme, host and port.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Responses 5xx and 408, network errors and timeouts are failures; a caller's cancellation and 429
/// are neither; all else is success. The state is the set's, so handlers may come and go. A refused request throws
/// <see cref="CircuitOpenException"/> and is not sent.</para>
/// <para><b>Limits.</b> <see cref="HttpClient.Timeout"/> looks like a caller's cancellation to a handler, and so does not
/// count; <see cref="RetryOptions.AttemptTimeout"/> does, with a <see cref="RetryHandler"/> outside of this one. The call
/// ends with the response's headers.</para>
/// <para><b>Thread safety.</b> Requests may be sent at once from any number of threads.</para>
/// </remarks>
public sealed class CircuitBreakerHandler : DelegatingHandler
{
    private readonly CircuitBreakerSet<string> _breakers;
    private readonly Func<HttpRequestMessage, string> _key;

    /// <summary>Creates a handler.</summary>
    /// <param name="breakers">The breakers, shared by all handlers of the client.</param>
    /// <param name="key">Gives the key of a request's breaker; scheme, host and port when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="breakers"/> is <see langword="null"/>.</exception>
    public CircuitBreakerHandler(CircuitBreakerSet<string> breakers, Func<HttpRequestMessage, string>? key = null)
    {
        ArgumentNullException.ThrowIfNull(breakers);
        _breakers = breakers;
        _key = key ?? HttpOutcome.Authority;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CircuitPermit permit = Acquire(request, cancellationToken);
        try
        {
            HttpResponseMessage response = base.Send(request, cancellationToken);
            permit.Report(HttpOutcome.Classify(response));
            return response;
        }
        catch (Exception exception)
        {
            permit.Report(HttpOutcome.Classify(request, exception, cancellationToken));
            throw;
        }
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CircuitPermit permit = Acquire(request, cancellationToken);
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            permit.Report(HttpOutcome.Classify(response));
            return response;
        }
        catch (Exception exception)
        {
            permit.Report(HttpOutcome.Classify(request, exception, cancellationToken));
            throw;
        }
    }

    private CircuitPermit Acquire(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested(); // before a probe's place is taken
        return _breakers.Get(_key(request)).Acquire();
    }
}
