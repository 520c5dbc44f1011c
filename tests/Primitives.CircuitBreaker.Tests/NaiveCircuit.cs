namespace Primitives.Tests;

/// <summary>The breaker as its documentation describes it: one lock, lists, no cleverness. Times are in milliseconds.</summary>
internal sealed class NaiveCircuit(CircuitBreakerOptions options)
{
    private readonly Lock _lock = new();
    private readonly List<(long Time, bool Failed, bool Slow)> _calls = [];
    private readonly HashSet<int> _probes = [];
    private CircuitState _state;
    private long _openUntil;
    private long _lastTaken;
    private long _began;
    private int _opens;
    private int _successes;
    private int _failures;
    private int _nextProbe;

    public int Generation { get; private set; }

    public CircuitState StateAt(long now)
    {
        lock (_lock)
        {
            return _state == CircuitState.Open && now >= _openUntil ? CircuitState.HalfOpen : _state;
        }
    }

    public (bool Acquired, CircuitRejection Reason, double RetryAfter, (int Generation, int Probe, long Start) Permit) Acquire(long now)
    {
        lock (_lock)
        {
            switch (_state)
            {
                case CircuitState.Closed:
                    return (true, CircuitRejection.None, 0, (Generation, -1, now));
                case CircuitState.Disabled:
                    return (true, CircuitRejection.None, 0, (-1, -1, now));
                case CircuitState.Isolated:
                    return (false, CircuitRejection.Isolated, TimeSpan.MaxValue.TotalMilliseconds, default);
                case CircuitState.Open when now < _openUntil:
                    return (false, CircuitRejection.Open, _openUntil - now, default);
                case CircuitState.Open:
                    BeginLocked(CircuitState.HalfOpen, now);
                    break;
                default:
                    bool full = _probes.Count >= options.HalfOpenConcurrency || _probes.Count + _successes + _failures >= options.HalfOpenProbes;
                    long left = _lastTaken + (long)options.ProbeTimeout.TotalMilliseconds - now;
                    if (full && left > 0)
                    {
                        return (false, CircuitRejection.ProbesBusy, left, default);
                    }

                    if (full)
                    {
                        BeginLocked(CircuitState.HalfOpen, now);
                    }

                    break;
            }

            _probes.Add(++_nextProbe);
            _lastTaken = now;
            return (true, CircuitRejection.None, 0, (Generation, _nextProbe, now));
        }
    }

    public bool Report((int Generation, int Probe, long Start) permit, CallOutcome outcome, long now)
    {
        lock (_lock)
        {
            if (permit.Generation != Generation)
            {
                return false;
            }

            bool slow = options.SlowCallThreshold is { } threshold && outcome != CallOutcome.Ignored && now - permit.Start >= threshold.TotalMilliseconds;
            if (_state == CircuitState.HalfOpen)
            {
                _probes.Remove(permit.Probe);
                _successes += outcome == CallOutcome.Success && !slow ? 1 : 0;
                _failures += outcome == CallOutcome.Failure || slow ? 1 : 0;
                int needed = (int)Math.Max(1, Math.Ceiling(((decimal)options.HalfOpenSuccessRatio * options.HalfOpenProbes)));
                if (_successes >= needed)
                {
                    BeginLocked(CircuitState.Closed, now);
                }
                else if (_failures > options.HalfOpenProbes - needed)
                {
                    OpenLocked(now);
                }
            }
            else if (outcome != CallOutcome.Ignored)
            {
                _calls.Add((now, outcome == CallOutcome.Failure, slow));
                if ((outcome == CallOutcome.Failure || slow) && IsTooMuchLocked(now))
                {
                    OpenLocked(now);
                }
            }

            return true;
        }
    }

    public void Force(CircuitState state, long now)
    {
        lock (_lock)
        {
            if (state == CircuitState.Closed || _state != state)
            {
                BeginLocked(state, now);
            }
        }
    }

    public (long Calls, long Failures, long Slow) Count(long now)
    {
        lock (_lock)
        {
            return _state == CircuitState.Closed ? CountLocked(now) : (_successes + _failures, _failures, 0);
        }
    }

    private bool IsTooMuchLocked(long now)
    {
        (long calls, long failures, long slow) = CountLocked(now);
        return options.Window == CircuitWindowKind.Consecutive
            ? failures >= options.ConsecutiveFailures
            : calls >= options.MinimumThroughput
                && ((failures > 0 && failures >= (decimal)options.FailureRatio * calls)
                    || (options.SlowCallThreshold is not null && slow > 0 && slow >= (decimal)options.SlowCallRatio * calls));
    }

    private (long Calls, long Failures, long Slow) CountLocked(long now)
    {
        IEnumerable<(long Time, bool Failed, bool Slow)> inside = _calls;
        switch (options.Window)
        {
            case CircuitWindowKind.Time:
                long slice = (long)(options.WindowDuration / options.WindowSlices).TotalMilliseconds;
                inside = inside.Where(call => ((now - _began) / slice) - ((call.Time - _began) / slice) < options.WindowSlices);
                break;
            case CircuitWindowKind.Count:
                inside = inside.TakeLast(options.WindowSize);
                break;
            default:
                int run = inside.Reverse().TakeWhile(call => call.Failed || call.Slow).Count();
                return (run, run, 0);
        }

        return (inside.Count(), inside.Count(call => call.Failed), inside.Count(call => call.Slow));
    }

    private void OpenLocked(long now)
    {
        _openUntil = now + (long)options.Break!.Value.GetDelay(_opens).TotalMilliseconds;
        _opens++;
        BeginLocked(CircuitState.Open, now);
    }

    private void BeginLocked(CircuitState state, long now)
    {
        _opens = state is CircuitState.Open or CircuitState.HalfOpen ? _opens : 0;
        _state = state;
        _began = now;
        Generation++;
        _calls.Clear();
        _probes.Clear();
        (_successes, _failures) = (0, 0);
    }
}
