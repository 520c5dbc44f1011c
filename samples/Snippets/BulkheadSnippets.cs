using System.Threading.RateLimiting;
using Primitives;

namespace Snippets;

/// <summary>The code blocks of docs/bulkhead.md and of the package's README.</summary>
public static class BulkheadSnippets
{
    public static async Task QuickStart()
    {
        static ValueTask<int> Query(string report, CancellationToken token) => ValueTask.FromResult(report.Length);
        CancellationToken cancellationToken = CancellationToken.None;

        #region quick-start
        var bulkhead = new Bulkhead(new BulkheadOptions
        {
            MaxConcurrency = 20,
            MaxQueue = 40,
            MaxWait = TimeSpan.FromSeconds(1),
        });

        int rows = await bulkhead.ExecuteAsync(Query, "monthly", cancellationToken: cancellationToken);
        #endregion

        Check.That(rows == 7 && bulkhead.InUse == 0, "it ran");
    }

    public static async Task ByHand()
    {
        var bulkhead = new Bulkhead(new BulkheadOptions { MaxConcurrency = 1, MaxQueue = 5, Order = BulkheadOrder.Priority });
        CancellationToken cancellationToken = CancellationToken.None;

        #region by-hand
        using (BulkheadLease lease = await bulkhead.AcquireAsync(priority: 5, cancellationToken))
        {
            if (lease.IsAcquired)
            {
                Console.WriteLine("there is a place, until the end of this block");
            }
        }

        bulkhead.MaxConcurrency = 50; // live; whoever waits and now fits is let in
        #endregion

        Check.That(bulkhead.InUse == 0 && bulkhead.MaxConcurrency == 50, "changed");
    }

    public static async Task RateLimiter()
    {
        var bulkhead = new Bulkhead(3);

        #region rate-limiter
        using RateLimiter limiter = bulkhead.AsRateLimiter(); // for ASP.NET Core, HttpClient or Polly
        using RateLimitLease lease = await limiter.AcquireAsync();
        #endregion

        Check.That(lease.IsAcquired && bulkhead.InUse == 1, "the same places");
    }
}
