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

    public SnowflakeFailure TryTake(int count, List<long> taken)
    {
        lock (_lock)
        {
            DateTimeOffset now = Floor(time.GetUtcNow());
            bool behind = now < _latestReading || now < _heldTo;
            _latestReading = now > _latestReading ? now : _latestReading;

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

            if (tick > now)
            {
                DateTimeOffset farthest = now + (maxAheadTicks * layout.Tick);
                if (behind && (rollback == ClockRollback.Throw || _lastTick > farthest))
                {
                    return SnowflakeFailure.ClockRolledBack;
                }

                bool mayBeAhead = behind || overflow == SequenceOverflow.Borrow;
                if (!mayBeAhead)
                {
                    return SnowflakeFailure.SequenceExhausted;
                }

                if (tick > farthest)
                {
                    return SnowflakeFailure.TooFarAhead;
                }
            }

            if (behind && tick > now && tick > _heldTo)
            {
                _heldTo = tick;
            }

            (_lastTick, _lastSequence) = (tick, sequence);
            taken.AddRange(ids);
            return SnowflakeFailure.None;
        }
    }

    private DateTimeOffset Floor(DateTimeOffset instant) =>
        layout.Epoch + ((instant - layout.Epoch).Ticks / layout.Tick.Ticks * layout.Tick);
}
