using System.Diagnostics;

namespace Primitives;

/// <summary>
/// Stops calling a dependency that fails or dawdles, and tries it again after a pause that grows. Lock-free, and right
/// under races: what a call reports counts only in the state it began in.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Closed, every call is let through; a failing or slow one opens the breaker when the window then
/// holds at least <see cref="CircuitBreakerOptions.MinimumThroughput"/> calls of which at least
/// <see cref="CircuitBreakerOptions.FailureRatio"/> failed or <see cref="CircuitBreakerOptions.SlowCallRatio"/> were slow.
/// Open, none is let through for the break's duration by the monotonic clock. Then at most
/// <see cref="CircuitBreakerOptions.HalfOpenConcurrency"/> probes run at once and at most
/// <see cref="CircuitBreakerOptions.HalfOpenProbes"/> are decided, however many callers there are; only their outcomes close
/// or open it. A cancelled call is neither success nor failure and frees its place. If those that run have been running for
/// <see cref="CircuitBreakerOptions.ProbeTimeout"/>, a new round begins and late outcomes of the old one do not count. Each
/// transition happens once, whoever races for it.</para>
/// <para><b>Cost.</b> <see cref="TryAcquire"/> and a report allocate nothing: a read, and for a window of time one clock read
/// and one compare-and-swap. A transition allocates less than 1 KB. No timer, no thread; an observer is told on the thread
/// pool.</para>
/// <para><b>Limits.</b> State is this process's own. A window by count is off by at most the calls being reported at that
/// moment.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// <para><b>Source.</b> M. Nygard, "Release It!" (2007); slow calls and half-open ratios as in resilience4j; growing breaks
/// as in Envoy's outlier detection.</para>
/// </remarks>
/// <example>
/// <code>
/// var breaker = new CircuitBreaker(new CircuitBreakerOptions { FailureRatio = 0.3, SlowCallThreshold = TimeSpan.FromSeconds(2) });
/// string page = await breaker.ExecuteAsync(static (client, token) => new ValueTask&lt;string&gt;(client.GetStringAsync("/", token)), client);
/// </code>
/// </example>
[DebuggerDisplay("{State}, {Statistics}")]
public sealed partial class CircuitBreaker
{
    // The whole state is one reference. Each generation has a phase object of its own, which holds what is fixed about it
    // (when an open one ends) and what is counted in it (the window of a closed one, the probes of a half-open one).
    //
    // Invariants:
    //   I1  _phase changes by compare-and-swap from the phase the decision was based on, or by an operator's call; the
    //       generation grows by one each time. Who wins the swap, and nobody else, counts and announces the transition.
    //   I2  A permit names its phase. A report about another phase than the current one changes nothing. One that passes
    //       the check and is then overtaken by a transition lands in the old phase, which nobody reads any more.
    //   I3  A half-open phase is left only through its decided round, its timeout, or an operator's call.
    private CircuitPhase _phase;

    private readonly TimeProvider _timeProvider;
    private readonly TransitionQueue? _observer;
    private CircuitSettings _settings;
    private bool _observeOnly;

    private long _retired; // calls recorded in windows that are gone, and probes
    private long _failed;
    private long _slow;
    private long _ignored;
    private long _rejected;
    private long _stale;
    private long _opened;

    /// <summary>Creates a closed breaker, or one in the mode the options say.</summary>
    /// <param name="options">The settings; copied. The defaults when <see langword="null"/>.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>. Only its
    /// monotonic timestamp is read, so wall-clock changes have no effect.</param>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public CircuitBreaker(CircuitBreakerOptions? options = null, TimeProvider? timeProvider = null)
    {
        options ??= new CircuitBreakerOptions();
        CircuitBreakerOptionsValidator.ThrowIfInvalid(options);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _settings = new CircuitSettings(options, _timeProvider);
        _observeOnly = options.Mode == CircuitMode.ObserveOnly;
        _phase = options.Mode switch
        {
            CircuitMode.Isolated => new CircuitPhase(CircuitState.Isolated, null, _settings),
            CircuitMode.Disabled => new CircuitPhase(CircuitState.Disabled, null, _settings),
            _ => Closed(null, default),
        };
        _observer = options.OnTransition is { } observer ? new TransitionQueue(_phase, observer) : null;
    }

    /// <summary>Gets the state. Reading changes nothing: an open breaker whose break is over reads half-open, whether or not a
    /// call has come yet.</summary>
    public CircuitState State => StateOf(Volatile.Read(ref _phase));

    /// <summary>Gets or sets the mode. <see cref="CircuitMode.Normal"/> and <see cref="CircuitMode.ObserveOnly"/> end an
    /// isolation or a disablement with a closed breaker; between the two of them the state stays.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a mode.</exception>
    public CircuitMode Mode
    {
        get => Volatile.Read(ref _phase).State switch
        {
            CircuitState.Isolated => CircuitMode.Isolated,
            CircuitState.Disabled => CircuitMode.Disabled,
            _ => Volatile.Read(ref _observeOnly) ? CircuitMode.ObserveOnly : CircuitMode.Normal,
        };
        set
        {
            switch (value)
            {
                case CircuitMode.Isolated:
                    Force(from => from.State == CircuitState.Isolated ? null : new CircuitPhase(CircuitState.Isolated, from, _settings));
                    break;
                case CircuitMode.Disabled:
                    Force(from => from.State == CircuitState.Disabled ? null : new CircuitPhase(CircuitState.Disabled, from, _settings));
                    break;
                case CircuitMode.Normal or CircuitMode.ObserveOnly:
                    Volatile.Write(ref _observeOnly, value == CircuitMode.ObserveOnly);
                    Force(from => from.State is CircuitState.Isolated or CircuitState.Disabled ? Closed(from, default) : null);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(value), value, "Not a mode.");
            }
        }
    }

    /// <summary>Gets the counters.</summary>
    public CircuitStatistics Statistics
    {
        get
        {
            long failed = Volatile.Read(ref _failed);
            long recorded = Volatile.Read(ref _retired) + (Volatile.Read(ref _phase).Window?.Recorded ?? 0);
            return new CircuitStatistics(
                Math.Max(0, recorded - failed),
                failed,
                Volatile.Read(ref _slow),
                Volatile.Read(ref _ignored),
                Volatile.Read(ref _rejected),
                Volatile.Read(ref _stale),
                Volatile.Read(ref _opened),
                _observer?.Failures ?? 0);
        }
    }

    /// <summary>Gets what the breaker knows now, without changing it. Allocates nothing.</summary>
    /// <returns>The snapshot.</returns>
    public CircuitSnapshot GetSnapshot()
    {
        CircuitPhase phase = Volatile.Read(ref _phase);
        long now = _timeProvider.GetTimestamp();
        ProbeRound round = ProbeRound.Read(ref phase.Round);
        WindowCounts counts = phase.Window?.Count(now) ?? new WindowCounts(round.Successes + round.Failures, round.Failures, 0);
        TimeSpan retryAfter = phase.State switch
        {
            CircuitState.Open => ToTimeSpan(phase.OpenUntil - now),
            CircuitState.Isolated => TimeSpan.MaxValue,
            CircuitState.HalfOpen when round.IsFull(phase.Settings) => ToTimeSpan(round.TicksUntilHung(phase.Settings, now)),
            _ => TimeSpan.Zero,
        };
        return new CircuitSnapshot(
            StateOf(phase), phase.Generation, retryAfter, phase.Opens, round.InFlight, counts.Calls, counts.Failures, counts.Slow);
    }

    /// <summary>Refuses all calls until <see cref="Reset"/> or another <see cref="Mode"/>. Calls under way do not count.</summary>
    public void Isolate() => Mode = CircuitMode.Isolated;

    /// <summary>Closes the breaker and forgets all it held against the dependency, from whatever state; an isolation or
    /// disablement ends. Calls under way do not count.</summary>
    public void Reset() => Force(from => Closed(from, default));

    /// <summary>Takes over new settings and keeps the state: ratios, throughput, breaks and probes from now on, the window when
    /// the breaker closes next. <see cref="CircuitBreakerOptions.OnTransition"/> and the mode are not touched.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; nothing was taken over.</exception>
    public void Update(CircuitBreakerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        CircuitBreakerOptionsValidator.ThrowIfInvalid(options);
        Volatile.Write(ref _settings, new CircuitSettings(options, _timeProvider));
    }

    /// <summary>Asks to make a call. If it may be made, report its outcome through the permit, once.</summary>
    /// <param name="permit">The permit, or the refusal with its reason and <see cref="CircuitPermit.RetryAfter"/>.</param>
    /// <returns>Whether the call may be made.</returns>
    public bool TryAcquire(out CircuitPermit permit)
    {
        CircuitPhase phase = Volatile.Read(ref _phase);
        if (phase.State == CircuitState.Closed)
        {
            permit = new CircuitPermit(this, phase, StartedAt());
            return true;
        }

        return TryAcquireUnlessClosed(out permit);
    }

    /// <summary>Asks to make a call. Report its outcome through the permit, once.</summary>
    /// <returns>The permit.</returns>
    /// <exception cref="CircuitOpenException">The call may not be made.</exception>
    public CircuitPermit Acquire() =>
        TryAcquire(out CircuitPermit permit) ? permit : throw new CircuitOpenException(permit.Reason, permit.RetryAfter);

    internal bool ReportSuccess(CircuitPhase phase, int place, long startedAt)
    {
        CircuitWindow? window = phase.Window;
        if (window is null || startedAt != 0 || !ReferenceEquals(Volatile.Read(ref _phase), phase))
        {
            return Report(phase, place, startedAt, CallOutcome.Success);
        }

        window.RecordSuccess(window.UsesClock ? _timeProvider.GetTimestamp() : 0);
        return true;
    }

    internal bool Report(CircuitPhase phase, int place, long startedAt, CallOutcome outcome)
    {
        if (!ReferenceEquals(Volatile.Read(ref _phase), phase))
        {
            Interlocked.Increment(ref _stale);
            return false;
        }

        long now = _timeProvider.GetTimestamp();
        CircuitSettings settings = Volatile.Read(ref _settings);
        bool slow = startedAt != 0 && outcome != CallOutcome.Ignored && settings.SlowTicks > 0 && now - startedAt >= settings.SlowTicks;
        if (phase.State == CircuitState.HalfOpen)
        {
            if (!ReportProbe(phase, place, slow ? CallOutcome.Failure : outcome, now))
            {
                Interlocked.Increment(ref _stale);
                return false;
            }
        }
        else if (outcome == CallOutcome.Success && !slow)
        {
            phase.Window!.RecordSuccess(now);
        }
        else if (outcome != CallOutcome.Ignored)
        {
            WindowCounts counts = phase.Window!.RecordBad(now, outcome == CallOutcome.Failure, slow);
            if (settings.IsTooMuch(phase.Window, counts))
            {
                TryMove(phase, Open(phase, now, counts));
            }
        }

        Count(outcome, slow);
        return true;
    }

    private bool ReportProbe(CircuitPhase phase, int place, CallOutcome outcome, long now)
    {
        if (!ProbeRound.TryReturn(ref phase.Round, phase.Settings, place, outcome, out bool decides))
        {
            return false;
        }

        if (outcome != CallOutcome.Ignored)
        {
            Interlocked.Increment(ref _retired);
        }

        if (decides)
        {
            Conclude(phase, now);
        }

        return true;
    }

    /// <summary>Leaves a half-open phase whose round is decided. Several may try; one transition comes of it.</summary>
    private void Conclude(CircuitPhase phase, long now)
    {
        ProbeRound round = ProbeRound.Read(ref phase.Round);
        var cause = new WindowCounts(round.Successes + round.Failures, round.Failures, 0);
        TryMove(phase, round.Successes >= phase.Settings.SuccessesNeeded ? Closed(phase, cause) : Open(phase, now, cause));
    }

    private bool TryAcquireUnlessClosed(out CircuitPermit permit)
    {
        while (true)
        {
            CircuitPhase phase = Volatile.Read(ref _phase);
            switch (phase.State)
            {
                case CircuitState.Closed:
                    permit = new CircuitPermit(this, phase, StartedAt());
                    return true;
                case CircuitState.Disabled:
                    permit = new CircuitPermit(this);
                    return true;
                case CircuitState.Isolated:
                    return Refuse(CircuitRejection.Isolated, TimeSpan.MaxValue, out permit);
                case CircuitState.Open:
                    long now = _timeProvider.GetTimestamp();
                    if (now < phase.OpenUntil)
                    {
                        return Refuse(CircuitRejection.Open, ToTimeSpan(phase.OpenUntil - now), out permit);
                    }

                    break;
                default:
                    now = _timeProvider.GetTimestamp();
                    if (ProbeRound.TryTake(ref phase.Round, phase.Settings, now, out int place))
                    {
                        permit = new CircuitPermit(this, phase, now, place);
                        return true;
                    }

                    ProbeRound round = ProbeRound.Read(ref phase.Round);
                    if (round.IsDecided)
                    {
                        Conclude(phase, now); // whoever decided it may have been put to sleep
                        continue;
                    }

                    long left = round.TicksUntilHung(phase.Settings, now);
                    if (left > 0)
                    {
                        return Refuse(CircuitRejection.ProbesBusy, ToTimeSpan(left), out permit);
                    }

                    break;
            }

            // The break is over or the probes hang: begin a round whose first place is ours. Who loses the swap looks again.
            long begun = _timeProvider.GetTimestamp();
            var next = new CircuitPhase(CircuitState.HalfOpen, phase, Volatile.Read(ref _settings))
            {
                Opens = phase.Opens,
                Round = ProbeRound.WithOne(begun),
            };
            if (TryMove(phase, next))
            {
                permit = new CircuitPermit(this, next, begun, place: 0);
                return true;
            }
        }
    }

    private bool Refuse(CircuitRejection reason, TimeSpan retryAfter, out CircuitPermit permit)
    {
        Interlocked.Increment(ref _rejected);
        bool observeOnly = reason != CircuitRejection.Isolated && Volatile.Read(ref _observeOnly);
        permit = observeOnly ? new CircuitPermit(this) : new CircuitPermit(reason, retryAfter);
        return observeOnly;
    }

    private CircuitPhase Closed(CircuitPhase? previous, WindowCounts cause)
    {
        CircuitSettings settings = Volatile.Read(ref _settings);
        return new CircuitPhase(CircuitState.Closed, previous, settings)
        {
            Window = settings.CreateWindow(_timeProvider.GetTimestamp()),
            Cause = cause,
        };
    }

    private CircuitPhase Open(CircuitPhase previous, long now, WindowCounts cause)
    {
        CircuitSettings settings = Volatile.Read(ref _settings);
        TimeSpan duration = settings.Break.GetDelay(previous.Opens);
        return new CircuitPhase(CircuitState.Open, previous, settings)
        {
            OpenUntil = now + CircuitSettings.ToTicks(duration, _timeProvider),
            BreakDuration = duration,
            Opens = previous.Opens + 1,
            Cause = cause,
        };
    }

    /// <summary>Publishes a transition, with all it consists of, if its origin is still the current phase.</summary>
    private bool TryMove(CircuitPhase from, CircuitPhase to)
    {
        if (Interlocked.CompareExchange(ref _phase, to, from) != from)
        {
            return false;
        }

        if (from.Window is { } window)
        {
            Interlocked.Add(ref _retired, window.Recorded);
        }

        if (to.State == CircuitState.Open)
        {
            Interlocked.Increment(ref _opened);
        }

        _observer?.Add(from, to);
        return true;
    }

    private void Force(Func<CircuitPhase, CircuitPhase?> choose)
    {
        CircuitPhase phase;
        CircuitPhase? next;
        do
        {
            phase = Volatile.Read(ref _phase);
            next = choose(phase);
        }
        while (next is not null && !TryMove(phase, next));
    }

    private void Count(CallOutcome outcome, bool slow)
    {
        if (outcome == CallOutcome.Failure)
        {
            Interlocked.Increment(ref _failed);
        }
        else if (outcome == CallOutcome.Ignored)
        {
            Interlocked.Increment(ref _ignored);
        }

        if (slow)
        {
            Interlocked.Increment(ref _slow);
        }
    }

    // 0 says that the duration is not wanted, so a clock that shows 0 is read as 1.
    private long StartedAt() => Volatile.Read(ref _settings).SlowTicks == 0 ? 0 : _timeProvider.GetTimestamp() is var now and not 0 ? now : 1;

    private CircuitState StateOf(CircuitPhase phase) =>
        phase.State == CircuitState.Open && _timeProvider.GetTimestamp() >= phase.OpenUntil ? CircuitState.HalfOpen : phase.State;

    private TimeSpan ToTimeSpan(long timestampTicks)
    {
        long frequency = _timeProvider.TimestampFrequency;
        Int128 ticks = (((Int128)Math.Max(0, timestampTicks) * TimeSpan.TicksPerSecond) + frequency - 1) / frequency;
        return new TimeSpan((long)ticks);
    }
}
