using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Primitives;

/// <summary>
/// Tells the state of breakers to the platform's health checks: healthy if all are closed or disabled, the registration's
/// failure status if any is open or isolated, degraded if one is half-open.
/// </summary>
/// <remarks>
/// <para><b>Limits.</b> A readiness or dashboard matter: an open breaker means that a dependency is in trouble, and
/// restarting this process will not mend it, so keep it out of liveness probes.</para>
/// <para><b>Thread safety.</b> Immutable; checks may run at once.</para>
/// </remarks>
public sealed class CircuitBreakerHealthCheck : IHealthCheck
{
    private readonly Func<IEnumerable<KeyValuePair<string, CircuitBreaker>>> _breakers;

    /// <summary>Creates a check of one breaker.</summary>
    /// <param name="breaker">The breaker.</param>
    /// <exception cref="ArgumentNullException"><paramref name="breaker"/> is <see langword="null"/>.</exception>
    public CircuitBreakerHealthCheck(CircuitBreaker breaker)
    {
        ArgumentNullException.ThrowIfNull(breaker);
        _breakers = () => [KeyValuePair.Create("breaker", breaker)];
    }

    /// <summary>Creates a check of all breakers of a set.</summary>
    /// <param name="breakers">The set.</param>
    /// <exception cref="ArgumentNullException"><paramref name="breakers"/> is <see langword="null"/>.</exception>
    public CircuitBreakerHealthCheck(CircuitBreakerSet<string> breakers)
    {
        ArgumentNullException.ThrowIfNull(breakers);
        _breakers = breakers.ToArray;
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var troubled = new Dictionary<string, object>();
        bool refusing = false;
        foreach ((string key, CircuitBreaker breaker) in _breakers())
        {
            CircuitState state = breaker.State;
            if (state is not (CircuitState.Closed or CircuitState.Disabled))
            {
                troubled[key] = state.ToString();
                refusing |= state is CircuitState.Open or CircuitState.Isolated;
            }
        }

        HealthStatus status = troubled.Count == 0 ? HealthStatus.Healthy : refusing ? context.Registration.FailureStatus : HealthStatus.Degraded;
        string? description = troubled.Count == 0 ? null : string.Join(", ", troubled.Select(pair => $"{pair.Key}: {pair.Value}"));
        return Task.FromResult(new HealthCheckResult(status, description, data: troubled));
    }
}
