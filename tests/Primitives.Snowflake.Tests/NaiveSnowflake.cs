namespace Primitives.Tests;

/// <summary>What the generator promises, written down the obvious way: a lock, a tick and a sequence number.</summary>
internal sealed class NaiveSnowflake(
    SnowflakeLayout layout, int workerId, SequenceOverflow overflow, ClockRollback rollback, int maxAheadTicks, TimeProvider time)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _lastTick = DateTimeOffset.MinValue;
    private int _lastSequence;
    private DateTimeOffset _latestReading = DateTimeOffset.MinValue;
    private DateTimeOffset _heldTo = DateTimeOffset.MinValue;
    private TimeSpan _heldBy;

    public SnowflakeFailure TryTake(int count, List<long> taken)
    {
        lock (_lock)
        {
            DateTimeOffset now = Floor(time.GetUtcNow());
            DateTimeOffset high = Later(_latestReading, _heldTo);
            _latestReading = Later(_latestReading, now);

            DateTimeOffset tick = _lastTick;
            int sequence = _lastSequence;
            var ids = new List<long>();
            for (int i = 0; i < count; i++)
            {
                if (tick < now)
                {
                    (tick, sequence) = (now, 0);
                }
                else if (++sequence == layout.IdsPerTick)
                {
                    (tick, sequence) = (tick + layout.Tick, 0);
                }

                ids.Add(layout.Encode(tick, workerId, sequence));
            }

            // The generator's own time: the clock's, unless that is behind an earlier one and the ids do not fit its tick.
            DateTimeOffset shown = now;
            DateTimeOffset farthest = now + (maxAheadTicks * layout.Tick);
            if (tick > now && now < high)
            {
                if (rollback == ClockRollback.Throw || high > farthest)
                {
                    return SnowflakeFailure.ClockRolledBack;
                }

                DateTimeOffset goingOn = now + _heldBy;
                DateTimeOffset afterLast = _lastTick + layout.Tick;
                shown = Later(high, goingOn < afterLast ? goingOn : afterLast);
                _heldBy = shown - now;
            }

            if (tick > shown && (overflow != SequenceOverflow.Borrow || tick > farthest))
            {
                return overflow == SequenceOverflow.Borrow ? SnowflakeFailure.TooFarAhead : SnowflakeFailure.SequenceExhausted;
            }

            if (shown > now)
            {
                _heldTo = Later(_heldTo, tick < shown ? tick : shown);
            }

            (_lastTick, _lastSequence) = (tick, sequence);
            taken.AddRange(ids);
            return SnowflakeFailure.None;
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private DateTimeOffset Floor(DateTimeOffset instant) =>
        layout.Epoch + ((instant - layout.Epoch).Ticks / layout.Tick.Ticks * layout.Tick);
}
