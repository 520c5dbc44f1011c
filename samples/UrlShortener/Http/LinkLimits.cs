using System.Globalization;
using Primitives;

namespace UrlShortener;

/// <summary>How many links one client may make: whoever makes them is a network address, so that a robot is slowed down
/// and a person never notices.</summary>
internal static class LinkLimits
{
    public const string Name = "links";

    #region quotas
    public static IServiceCollection AddLinkLimits(this IServiceCollection services)
    {
        services.AddKeyedRateLimiter<string>(Name, options =>
        {
            options.Quotas.Add(RateQuota.PerMinute(60) with { Burst = 200, Name = "burst" });
            options.Quotas.Add(RateQuota.PerDay(5_000) with { Name = "daily" });
        });
        services.AddRequestLimiter(Name, options => options.WriteRefusal = static (context, decision) =>
            Problems.TooManyRequests(decision.RetryAfter).ExecuteAsync(context));
        return services;
    }
    #endregion

    public static string InSeconds(TimeSpan span) => Math.Ceiling(span.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
