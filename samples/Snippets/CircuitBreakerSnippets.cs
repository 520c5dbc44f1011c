using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

/// <summary>The code blocks of docs/circuit-breaker.md and of the package's README.</summary>
public static class CircuitBreakerSnippets
{
    public static async Task QuickStart()
    {
        static ValueTask<string> Load(int id, CancellationToken token) => ValueTask.FromResult($"order {id}");
        CancellationToken cancellationToken = CancellationToken.None;

        #region quick-start
        var breaker = new CircuitBreaker(new CircuitBreakerOptions
        {
            FailureRatio = 0.5,
            SlowCallThreshold = TimeSpan.FromSeconds(2),
            SlowCallRatio = 0.8,
        });

        // Refused calls are values here; ExecuteAsync throws CircuitOpenException instead.
        CircuitResult<string> order = await breaker.TryExecuteAsync(Load, 42, cancellationToken: cancellationToken);
        Console.WriteLine(order.IsRejected ? $"try again in {order.RetryAfter}" : order.Value);
        #endregion

        Check.That(order.Value == "order 42", "the call was made");
    }

    public static void ByHand()
    {
        var breaker = new CircuitBreaker();
        int received = 0;

        #region by-hand
        if (breaker.TryAcquire(out CircuitPermit permit))
        {
            bool healthy = ++received > 0; // whatever a call is in your program
            bool counted = healthy ? permit.Success() : permit.Failure();
        }
        else
        {
            Console.WriteLine($"{permit.Reason}, retry after {permit.RetryAfter}");
        }
        #endregion

        Check.That(breaker.Statistics.Succeeded == 1, "it counted");
    }

    public static void PerKey()
    {
        #region per-key
        var breakers = new CircuitBreakerSet<string>(new CircuitBreakerOptions { MinimumThroughput = 10 }, capacity: 5_000);

        CircuitBreaker breaker = breakers.Get("tenant-7"); // ask for each call anew
        breaker.Isolate(); // an operator's hand, for this tenant alone
        #endregion

        Check.That(breakers.Get("tenant-7").State == CircuitState.Isolated && breakers.Get("tenant-8").State == CircuitState.Closed, "per key");
    }

    public static void DependencyInjection()
    {
        var services = new ServiceCollection();

        #region dependency-injection
        services.AddCircuitBreaker("payments", o =>
        {
            o.Window = CircuitWindowKind.Count;
            o.WindowSize = 50;
            o.HalfOpenProbes = 3;
            o.HalfOpenSuccessRatio = 0.6;
            o.OnTransition = change => Console.WriteLine($"{change.From} -> {change.To}, {change.Failures} of {change.Calls} failed");
        });
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        Check.That(provider.GetRequiredKeyedService<CircuitBreaker>("payments").State == CircuitState.Closed, "registered");
    }
}
