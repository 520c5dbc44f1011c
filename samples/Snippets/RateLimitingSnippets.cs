using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

/// <summary>The code blocks of docs/rate-limiting.md, docs/rate-limiting-asp-net-core.md and of the packages' READMEs.</summary>
public static class RateLimitingSnippets
{
    public static void QuickStart()
    {
        #region quick-start
        using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(100) with { Burst = 20 });

        if (limiter.TryAcquire(1, out RateLimitDecision decision))
        {
            Console.WriteLine($"granted, {decision.Remaining} of {decision.Limit} left");
        }
        else
        {
            Console.WriteLine($"refused, retry after {decision.RetryAfter}"); // exactly then it would succeed
        }
        #endregion

        Check.That(decision is { IsAcquired: true, Remaining: 19, Limit: 20 }, "one of twenty is taken");
    }

    public static async Task Waiting()
    {
        CancellationToken cancellationToken = CancellationToken.None;

        #region waiting
        // One permit every 5 ms, evenly; up to 50 callers wait their turn, so at most a quarter of a second.
        using var shaper = new LeakyBucketLimiter(new LeakyBucketOptions { Permits = 200, QueueLimit = 50 });

        using RateLimitLease lease = await shaper.AcquireAsync(1, cancellationToken);
        if (lease.IsAcquired)
        {
            // send
        }
        #endregion

        Check.That(lease.IsAcquired, "the first slot is free");
    }

    public static void Composite()
    {
        #region composite
        using var limiter = new CompositeLimiter(
        [
            RateQuota.PerSecond(10) with { Name = "burst" },
            RateQuota.PerDay(1_000) with { Name = "daily" },
        ]);

        if (!limiter.TryAcquire(1, out RateLimitDecision decision))
        {
            Console.WriteLine($"the {limiter.Quotas[decision.QuotaIndex].Name} quota refuses"); // and nothing was taken from the other
        }
        #endregion

        Check.That(decision.Remaining == 9, "the tighter quota is reported");
    }

    public static void Reservation()
    {
        using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(10));

        #region reservation
        if (limiter.TryReserve(5, maxDelay: TimeSpan.FromSeconds(2), out RateLimitReservation? reservation))
        {
            // The permits are ours when reservation.Delay has passed. If they are no longer needed before that:
            reservation.Cancel();
        }

        limiter.Consume(3); // what a request turned out to cost: may go into debt
        limiter.Refund(1);  // what it did not use after all
        limiter.Reconfigure(RateQuota.PerSecond(20)); // what was taken stays taken
        #endregion

        Check.That(limiter.Peek().Remaining is 13 or 18, "10 less 5 reserved for no time, or cancelled, less 3, plus 1, plus 10");
    }

    public static void Keyed()
    {
        #region keyed
        var options = new KeyedRateLimiterOptions<string>
        {
            Capacity = 1_000_000, // 48 MB with two quotas, once; whoever invents keys cannot grow it
            Quotas = { RateQuota.PerSecond(5), RateQuota.PerDay(1_000) },
            FurtherClasses = { new List<QuotaSetting> { RateQuota.PerSecond(50) } },
            ClassOf = key => key.StartsWith("paid:", StringComparison.Ordinal) ? 1 : 0,
        };
        using var limiter = new KeyedRateLimiter<string>(options);

        bool granted = limiter.TryAcquire("paid:alice", 10, out RateLimitDecision decision);
        #endregion

        Check.That(granted && decision.Limit == 50, "paid keys are in class 1");
    }

    public static void DependencyInjection()
    {
        var services = new ServiceCollection();

        #region dependency-injection
        services.AddTokenBucket("api", o => (o.Permits, o.Burst) = (100, 20)); // [FromKeyedServices("api")] TokenBucketLimiter
        services.AddFixedWindow("exports", o => (o.Permits, o.Period) = (10, TimeSpan.FromDays(1)));
        services.AddKeyedRateLimiter<string>("clients", o => o.Quotas.Add(RateQuota.PerMinute(60)));
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        Check.That(provider.GetRequiredKeyedService<TokenBucketLimiter>("api").TryAcquire(20), "a burst of 20");
        Check.That(provider.GetRequiredKeyedService<FixedWindowLimiter>("exports").Limit == 10, "ten exports");
        Check.That(provider.GetRequiredKeyedService<KeyedRateLimiter<string>>("clients").TryAcquire("a", 60), "sixty at once");
    }

    public static async Task AspNetCore()
    {
        #region asp-net-core
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddKeyedRateLimiter<string>("links", o =>
        {
            o.Quotas.Add(RateQuota.PerSecond(5) with { Name = "burst" });
            o.Quotas.Add(RateQuota.PerDay(200) with { Name = "daily" });
        });
        builder.Services.AddRequestLimiter("links", o =>
        {
            o.Cost = context => context.Request.ContentLength > 10_000 ? 2 : 1;
            o.RefundStatusCodes.Add(StatusCodes.Status400BadRequest); // a request that changed nothing costs nothing
        });

        WebApplication app = builder.Build();
        app.MapPost("/links", () => Results.Ok()).LimitRequests("links"); // or, for all requests: app.UseRequestLimiter("links")
        #endregion

        Check.That(app.Services.GetRequiredKeyedService<RequestLimiter>("links").ShadowRefusals == 0, "registered");
        await app.DisposeAsync();
    }
}
