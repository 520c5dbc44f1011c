using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>What <see cref="CircuitBreaker.TryExecuteAsync"/> gives: the call's result, or why there was no call. Immutable.</summary>
/// <typeparam name="T">The result.</typeparam>
public readonly struct CircuitResult<T>
{
    internal CircuitResult(T value) => Value = value;

    internal CircuitResult(CircuitRejection reason, TimeSpan retryAfter)
    {
        Reason = reason;
        RetryAfter = retryAfter;
    }

    /// <summary>Gets whether the call was refused.</summary>
    [MemberNotNullWhen(false, nameof(Value))]
    public bool IsRejected => Reason != CircuitRejection.None;

    /// <summary>Gets the result; the default value if the call was refused.</summary>
    public T? Value { get; }

    /// <summary>Gets why the call was refused.</summary>
    public CircuitRejection Reason { get; }

    /// <summary>Gets, of a refusal, the time until the breaker may let a call through; never negative, and
    /// <see cref="TimeSpan.MaxValue"/> if that is not up to time. Zero otherwise.</summary>
    public TimeSpan RetryAfter { get; }
}
