using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace Primitives;

/// <summary>
/// Limits requests by a <see cref="KeyedRateLimiter{TKey}"/> of strings: as middleware, around endpoints, or as the global
/// limiter of ASP.NET Core's own middleware.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> One decision per request, however many of those it passes through: asking again gives the same
/// answer and charges nothing. If the selector of key or cost throws, nothing was decided and nothing is charged; the
/// request fails. A refusal has status 429 and a <c>Retry-After</c> in whole seconds, rounded up, so that who
/// keeps to it is not refused for coming too early. <c>RateLimit-Policy</c> lists the quotas and <c>RateLimit</c> tells
/// how the tightest of them stands, on success as on refusal.</para>
/// <para><b>Cost.</b> The limiter's decision, and the strings of the headers.</para>
/// <para><b>Thread safety.</b> Immutable, and the limiter is thread-safe.</para>
/// <para><b>Source.</b> draft-ietf-httpapi-ratelimit-headers-11 (2026); RFC 9110 for <c>Retry-After</c>; RFC 6585 for 429.</para>
/// </remarks>
public sealed class RequestLimiter : PartitionedRateLimiter<HttpContext>
{
    private readonly KeyedRateLimiter<string> _limiter;
    private readonly RequestLimiterOptions _options;
    private long _shadowRefusals;

    /// <summary>Creates a limiter of requests.</summary>
    /// <param name="limiter">What decides. Not disposed of by this.</param>
    /// <param name="options">The settings; not to be changed from then on.</param>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public RequestLimiter(KeyedRateLimiter<string> limiter, RequestLimiterOptions options)
    {
        ArgumentNullException.ThrowIfNull(limiter);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _limiter = limiter;
        _options = options;
    }

    /// <summary>Gets how many requests would have been refused, had this not been in shadow mode.</summary>
    public long ShadowRefusals => Volatile.Read(ref _shadowRefusals);

    /// <summary>Lets a request through to the next handler, or answers it with a refusal.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">The next handler.</param>
    /// <returns>The work.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The request costs more than could ever be granted.</exception>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        RequestDecision decision = DecisionOf(context);
        return decision.IsAdmitted ? next(context) : RefuseAsync(context, decision.Decision);
    }

    /// <inheritdoc/>
    /// <param name="resource">The request.</param>
    /// <returns>How its key stands, and the totals of all keys; <see langword="null"/> if it has no key.</returns>
    public override RateLimiterStatistics? GetStatistics(HttpContext resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return _options.Key(resource) is { Length: > 0 } key ? _limiter.GetStatistics(key) : null;
    }

    /// <inheritdoc/>
    /// <remarks>The permits are those of <see cref="RequestLimiterOptions.Cost"/>, whatever the count.</remarks>
    protected override RateLimitLease AttemptAcquireCore(HttpContext resource, int permitCount)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new RequestLease(DecisionOf(resource));
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(HttpContext resource, int permitCount, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitLease>(cancellationToken)
            : new(AttemptAcquireCore(resource, permitCount));

    /// <summary>Decides about a request, or says again what was decided.</summary>
    private RequestDecision DecisionOf(HttpContext context)
    {
        if (context.Items[this] is RequestDecision known)
        {
            return known;
        }

        string? key = _options.Key(context);
        int cost = string.IsNullOrEmpty(key) ? 0 : _options.Cost(context);
        if (cost <= 0)
        {
            context.Items[this] = RequestDecision.Unlimited;
            return RequestDecision.Unlimited;
        }

        bool isAcquired = _limiter.TryAcquire(key!, cost, out RateLimitDecision decision);
        var decided = new RequestDecision(isAcquired || _options.Shadow, decision);
        context.Items[this] = decided; // first: if something of the user's throws below, it is decided all the same
        if (isAcquired)
        {
            RefundByStatusCode(context, key!, cost);
        }

        if (!_options.Shadow && !context.Response.HasStarted)
        {
            SetHeaders(context.Response, decision, _limiter.GetQuotas(key!));
        }

        if (!isAcquired)
        {
            if (_options.Shadow)
            {
                Interlocked.Increment(ref _shadowRefusals);
            }

            _options.OnRefused?.Invoke(context, decision);
        }

        return decided;
    }

    private Task RefuseAsync(HttpContext context, RateLimitDecision decision)
    {
        context.Response.StatusCode = _options.StatusCode;
        return _options.WriteRefusal?.Invoke(context, decision) ?? Task.CompletedTask;
    }

    private void RefundByStatusCode(HttpContext context, string key, int cost)
    {
        if (_options.RefundStatusCodes.Count == 0)
        {
            return;
        }

        context.Response.OnCompleted(() =>
        {
            // A request that was aborted before there was a response still shows the status code it began with, 200.
            if (context.Response.HasStarted && _options.RefundStatusCodes.Contains(context.Response.StatusCode))
            {
                _limiter.Refund(key, cost);
            }

            return Task.CompletedTask;
        });
    }

    private void SetHeaders(HttpResponse response, in RateLimitDecision decision, IReadOnlyList<RateQuota> quotas)
    {
        if (!decision.IsAcquired)
        {
            response.Headers.RetryAfter = Math.Max(1, RateLimitFields.Seconds(decision.RetryAfter)).ToString(CultureInfo.InvariantCulture);
        }

        if (_options.Headers)
        {
            response.Headers["RateLimit-Policy"] = RateLimitFields.Policy(quotas);
            response.Headers["RateLimit"] = RateLimitFields.State(decision, quotas);
        }
    }
}
