using System.Diagnostics;

namespace Primitives;

/// <summary>
/// What <see cref="CircuitBreaker.TryAcquire"/> gives: the right to make one call, whose outcome is to be reported once, or
/// why there is none. <c>default</c> is neither and reports nothing.
/// </summary>
/// <remarks>A mutable value for one thread at a time: the first report uses it up and later ones are inert. Do not copy it;
/// the breaker cannot tell a copy's report from another call's while it is closed.</remarks>
[DebuggerDisplay("IsAcquired = {IsAcquired}, IsProbe = {IsProbe}, {Reason}")]
public struct CircuitPermit
{
    private const sbyte NoPlace = -1;

    private readonly CircuitBreaker? _breaker;
    private CircuitPhase? _phase; // null if there is nothing to report, any more or at all
    private readonly long _ticks; // clock ticks at the start, if durations are taken; or the TimeSpan ticks of RetryAfter
    private readonly sbyte _place;
    private readonly CircuitRejection _reason;

    /// <summary>A permit to be reported.</summary>
    internal CircuitPermit(CircuitBreaker breaker, CircuitPhase phase, long startedAt, int place = NoPlace)
    {
        _breaker = breaker;
        _phase = phase;
        _ticks = startedAt;
        _place = (sbyte)place;
    }

    /// <summary>A permit without a report.</summary>
    internal CircuitPermit(CircuitBreaker breaker)
    {
        _breaker = breaker;
        _place = NoPlace;
    }

    /// <summary>A refusal.</summary>
    internal CircuitPermit(CircuitRejection reason, TimeSpan retryAfter)
    {
        _ticks = retryAfter.Ticks;
        _place = NoPlace;
        _reason = reason;
    }

    /// <summary>Gets whether the call may be made.</summary>
    public readonly bool IsAcquired => _breaker is not null;

    /// <summary>Gets whether the call is a probe, on which it depends whether the breaker closes.</summary>
    public readonly bool IsProbe => _breaker is not null && _place != NoPlace;

    /// <summary>Gets why the call may not be made.</summary>
    public readonly CircuitRejection Reason => _reason;

    /// <summary>Gets, of a refusal, the time until the breaker may let a call through; never negative, and
    /// <see cref="TimeSpan.MaxValue"/> if that is not up to time. Zero otherwise.</summary>
    public readonly TimeSpan RetryAfter => _breaker is null ? new TimeSpan(_ticks) : TimeSpan.Zero;

    /// <summary>Reports that the dependency works.</summary>
    /// <returns>Whether it counted: not if the state has changed since the call began, if this was reported before, or if
    /// the breaker counts nothing.</returns>
    public bool Success()
    {
        CircuitPhase? phase = _phase;
        if (phase is null)
        {
            return false;
        }

        _phase = null;
        return _breaker!.ReportSuccess(phase, _place, _ticks);
    }

    /// <summary>Reports that it does not.</summary>
    /// <returns><inheritdoc cref="Success" path="/returns"/></returns>
    public bool Failure() => Report(CallOutcome.Failure);

    /// <summary>Reports that nothing was learnt; a probe's place is free again.</summary>
    /// <returns><inheritdoc cref="Success" path="/returns"/></returns>
    public bool Ignore() => Report(CallOutcome.Ignored);

    /// <summary>Reports an outcome.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <returns><inheritdoc cref="Success" path="/returns"/></returns>
    public bool Report(CallOutcome outcome)
    {
        if (outcome == CallOutcome.Success)
        {
            return Success();
        }

        CircuitPhase? phase = _phase;
        _phase = null;
        return phase is not null && _breaker!.Report(phase, _place, _ticks, outcome);
    }
}
