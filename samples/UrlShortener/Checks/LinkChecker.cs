using Primitives;

namespace UrlShortener;

/// <summary>Asks the host of a new link whether it is there, by a HEAD request for its root.</summary>
/// <remarks>
/// <para>Clients name the hosts that this service then connects to. So nothing of the link but scheme, host and port is
/// used, no redirect is followed, no answer's body is read, no proxy and no cookie takes part, and only public addresses
/// are connected to unless the operator says otherwise.</para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class LinkChecker(IHttpClientFactory clients)
{
    /// <summary>The name of the client, its breakers, its bulkhead and its budget of retries in the container.</summary>
    public const string Name = "link-check";

    // The places are all taken; how long for depends on the hosts, and none is waited for longer than a few seconds.
    private static readonly TimeSpan WhenFull = TimeSpan.FromSeconds(2);

    #region client
    public static void AddTo(IServiceCollection services, bool includePrivate)
    {
        services.AddSingleton<LinkChecker>();
        services.AddRetryBudget(Name, budget => (budget.Ratio, budget.ReservePerSecond, budget.Burst) = (0.2, 5, 10));
        services.AddHttpClient(Name, client => client.Timeout = Timeout.InfiniteTimeSpan) // each attempt has one
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => CreateHandler(includePrivate))
            .AddRetry(retry =>
            {
                retry.Backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(100), cap: TimeSpan.FromSeconds(1))
                    .WithMaxAttempts(3)
                    .WithMaxElapsed(TimeSpan.FromSeconds(5));
                retry.AttemptTimeout = TimeSpan.FromSeconds(2);
                retry.MaxServerDelay = TimeSpan.FromSeconds(1);
                retry.Decide = WorthAnotherAttempt;
            })
            .AddCircuitBreaker(breaker =>
            {
                breaker.Window = CircuitWindowKind.Consecutive;
                breaker.ConsecutiveFailures = 5;
            })
            .AddBulkhead(bulkhead =>
                (bulkhead.MaxConcurrency, bulkhead.MaxQueue, bulkhead.MaxWait) = (32, 64, TimeSpan.FromMilliseconds(500)));
    }
    #endregion

    /// <summary>Checks the host of a canonical URL.</summary>
    /// <returns><see langword="null"/> if it answers; otherwise the problem to answer with.</returns>
    public async Task<IResult?> FindProblemAsync(string url, HttpResponse response, CancellationToken cancellationToken)
    {
        string host = new Uri(url).GetLeftPart(UriPartial.Authority);
        using var request = new HttpRequestMessage(HttpMethod.Head, host);
        request.Headers.ConnectionClose = true; // hosts seldom come twice
        request.Headers.UserAgent.ParseAdd("UrlShortener-link-check");
        try
        {
            using HttpResponseMessage answer = await clients.CreateClient(Name)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            int status = (int)answer.StatusCode;

            // Whatever else it says, also that there is no such page or that it does not like HEAD, it is there.
            return status is < 500 and not StatusCodes.Status408RequestTimeout
                ? null
                : Problems.Unprocessable($"{host} was asked with HEAD and answered {status}.");
        }
        catch (HttpRequestException exception) when (exception.InnerException is PrivateAddressException)
        {
            return Problems.Unprocessable($"{host} has no address on the public internet.");
        }
        catch (HttpRequestException)
        {
            return Problems.Unprocessable($"{host} was asked with HEAD, and could not be reached or broke off.");
        }
        catch (TimeoutException)
        {
            return Problems.Unprocessable($"{host} was asked with HEAD and did not answer in time.");
        }
        catch (CircuitOpenException open)
        {
            return Problems.Unavailable(response, $"{host} has failed too often to be asked again now", open.RetryAfter);
        }
        catch (BulkheadRejectedException)
        {
            return Problems.Unavailable(response, "Too many links are being checked", WhenFull);
        }
    }

    private static RetryDecision WorthAnotherAttempt(Exception exception) => exception switch
    {
        HttpRequestException { InnerException: PrivateAddressException } => RetryDecision.Stop,
        HttpRequestException or TimeoutException => RetryDecision.Again,
        _ => RetryDecision.Stop, // a refusal, which is there to shed load
    };

    private static SocketsHttpHandler CreateHandler(bool includePrivate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // it could lead anywhere
            UseCookies = false,
            UseProxy = false, // it would do the connecting
            MaxResponseHeadersLength = 16, // KB
        };
        if (!includePrivate)
        {
            handler.ConnectCallback = PublicAddresses.ConnectAsync;
        }

        return handler;
    }
}
