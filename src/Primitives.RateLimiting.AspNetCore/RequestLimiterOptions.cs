using Microsoft.AspNetCore.Http;

namespace Primitives;

/// <summary>The settings of a <see cref="RequestLimiter"/>.</summary>
public sealed class RequestLimiterOptions
{
    /// <summary>Gets or sets whom a request is counted for. <see langword="null"/> or empty: nobody, the request is not
    /// limited.</summary>
    /// <value><see cref="ClientAddress.Of"/> by default. Behind a proxy use forwarded headers, or the user.</value>
    public Func<HttpContext, string?> Key { get; set; } = ClientAddress.Of;

    /// <summary>Gets or sets how many permits a request costs. 0 or less: none, it is not limited. More than the smallest
    /// burst can never be granted and throws.</summary>
    /// <value>1 for every request by default.</value>
    public Func<HttpContext, int> Cost { get; set; } = static _ => 1;

    /// <summary>Gets the status codes of responses whose permits are given back, so that, say, only failed logins count. A
    /// request that ends without a response, because the client went away, keeps its permits.</summary>
    /// <value>Empty by default.</value>
    public ISet<int> RefundStatusCodes { get; } = new HashSet<int>();

    /// <summary>Gets or sets whether refusals are only counted and reported, and the request goes on, without headers: to
    /// try out a limit.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool Shadow { get; set; }

    /// <summary>Gets or sets whether responses carry <c>RateLimit</c> and <c>RateLimit-Policy</c>.</summary>
    /// <value><see langword="true"/> by default. <c>Retry-After</c> is always sent with a refusal.</value>
    public bool Headers { get; set; } = true;

    /// <summary>Gets or sets the status code of a refusal.</summary>
    /// <value>429 by default. From 400 to 599.</value>
    public int StatusCode { get; set; } = StatusCodes.Status429TooManyRequests;

    /// <summary>Gets or sets what is told of every refusal, also in shadow mode, once per request, before status
    /// code and body are written. What it throws fails the request, also in shadow mode.</summary>
    /// <value><see langword="null"/> by default.</value>
    public Action<HttpContext, RateLimitDecision>? OnRefused { get; set; }

    /// <summary>Gets or sets what writes the body of a refusal, after status code and headers were set.</summary>
    /// <value><see langword="null"/> by default: no body.</value>
    public Func<HttpContext, RateLimitDecision, Task>? WriteRefusal { get; set; }

    internal string? Problem() =>
        Key is null ? "There is no Key."
        : Cost is null ? "There is no Cost."
        : StatusCode is < 400 or > 599 ? $"StatusCode is {StatusCode}; it must be from 400 to 599."
        : null;
}
