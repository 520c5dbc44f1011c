namespace Primitives;

// What happens when the clock's own tick has no id for the caller: overflow, rollback, waiting, and the limits of both.
public sealed partial class SnowflakeGenerator
{
    /// <summary>Makes one attempt to take <paramref name="count"/> ids by the policies, or under
    /// <see cref="SequenceOverflow.Wait"/> as many of them as one tick has, so that a long span does not put all other
    /// callers behind its end. Says what to wait for, or why nothing was taken.</summary>
    private Reservation Reserve(int count, bool mayWait)
    {
        bool inParts = _overflow == SequenceOverflow.Wait;
        int least = inParts ? 1 : count;
        while (true)
        {
            // The clock is read after the words, all of which rest on earlier readings: if it is behind them now, it
            // went back, and it is not this thread that was slow.
            long observed = Volatile.Read(ref _words.State);
            long clockHigh = Volatile.Read(ref _words.ClockHigh);
            long high = Math.Max(clockHigh, Volatile.Read(ref _words.HeldTo));
            long now = ReadClock();
            long first = _format.Following(observed, now);
            ThrowIfOutOfRange(now, first, least);
            Monotonic.Raise(ref _words.ClockHigh, now);

            long lastNeeded = first + (least - 1);
            long shown = now; // the generator's own time: the clock's, or where that was before it went back
            if (lastNeeded > _format.LastOf(now) && now < high && !TryHold(now, clockHigh, high, observed, out shown))
            {
                return Reservation.Refused(SnowflakeFailure.ClockRolledBack);
            }

            long firstTick = _format.TickOf(first);
            long reach = shown; // the last tick whose ids may be taken
            long waitFor = -1;
            if (lastNeeded > _format.LastWithin(shown) && (_overflow == SequenceOverflow.Borrow || (inParts && mayWait)))
            {
                reach = now + _maxAhead;
                waitFor = inParts ? firstTick : -1;
            }

            long room = _format.LastWithin(inParts ? Math.Min(firstTick, reach) : reach) - first + 1;
            if (room < least)
            {
                if (inParts && mayWait)
                {
                    return Reservation.TryAgainAt(firstTick - _maxAhead);
                }

                Interlocked.Increment(ref _words.Overflows);
                return Reservation.Refused(
                    _overflow == SequenceOverflow.Borrow ? SnowflakeFailure.TooFarAhead : SnowflakeFailure.SequenceExhausted);
            }

            int taken = (int)Math.Min(count, room);
            long last = first + (taken - 1);
            long lastTick = _format.TickOf(last);
            if (lastTick > _coverage.Limit)
            {
                _coverage.Cover(lastTick, now); // I3; what is covered once stays so, however long the swap takes
            }

            // As in the fast path.
            if (Interlocked.CompareExchange(ref _words.State, last, observed) == observed)
            {
                CountOverflows(lastTick - Math.Max(_format.TickOf(observed), now));
                if (shown > now && waitFor < 0)
                {
                    Monotonic.Raise(ref _words.HeldTo, Math.Min(lastTick, shown));
                }

                return Reservation.Taken(first, taken, waitFor);
            }
        }
    }

    private Reservation TakeOrWait(int count)
    {
        Reservation reservation = default;
        if (!IsReady(ref reservation, count, out long until))
        {
            Interlocked.Increment(ref _words.Waits);
            var wait = new TickWait(_timeProvider, Layout, _patience);
            do
            {
                wait.Step(until);
            }
            while (!IsReady(ref reservation, count, out until));
        }

        return reservation;
    }

    private async ValueTask<long> TakeOrWaitAsync(CancellationToken cancellationToken)
    {
        Reservation reservation = default;
        if (!IsReady(ref reservation, 1, out long until))
        {
            Interlocked.Increment(ref _words.Waits);
            var wait = new TickWait(_timeProvider, Layout, _patience);
            do
            {
                await Task.Delay(wait.NextDelay(until), _timeProvider, cancellationToken).ConfigureAwait(false);
            }
            while (!IsReady(ref reservation, 1, out until));
        }

        return _format.ToId(reservation.First);
    }

    /// <summary>Whether ids are taken and may be handed out; tries to take them if they are not. If not, says which tick of
    /// the clock to wait for.</summary>
    private bool IsReady(ref Reservation reservation, int count, out long until)
    {
        if (reservation.Count == 0)
        {
            reservation = Reserve(count, mayWait: true);
            if (reservation.Failure != SnowflakeFailure.None)
            {
                throw Refusal(reservation.Failure);
            }
        }

        until = reservation.WaitFor;
        return reservation.Count > 0 && (until < 0 || HasCome(reservation.WaitFor, out until));
    }

    /// <summary>Whether the generator's time has reached a tick whose ids were reserved.</summary>
    private bool HasCome(long tick, out long until)
    {
        until = tick;
        long observed = Volatile.Read(ref _words.State);
        long clockHigh = Volatile.Read(ref _words.ClockHigh);
        long high = Math.Max(clockHigh, Volatile.Read(ref _words.HeldTo));
        long now = ReadClock(); // after the words, as in Reserve
        Monotonic.Raise(ref _words.ClockHigh, now);
        if (now >= tick || now >= high)
        {
            return now >= tick;
        }

        if (!TryHold(now, clockHigh, high, observed, out long shown))
        {
            throw Refusal(SnowflakeFailure.ClockRolledBack);
        }

        until = tick - (shown - now);
        if (shown < tick)
        {
            return false;
        }

        Monotonic.Raise(ref _words.HeldTo, tick);
        return true;
    }

    /// <summary>The generator's time while the clock is behind: where it was, and on from there at the clock's pace.</summary>
    /// <returns>Whether the policy bears a clock so far behind.</returns>
    private bool TryHold(long now, long clockHigh, long high, long observed, out long shown)
    {
        // Until the clock passes its highest reading again, that reading stays the same: one count for all callers.
        if (now < clockHigh && Interlocked.Exchange(ref _words.RollbackSeenAt, clockHigh) != clockHigh)
        {
            Interlocked.Increment(ref _words.Rollbacks);
        }

        // What to add to the clock: at least as much as it is behind; beyond that, as much as before, so that time goes on
        // with the clock, but never past the tick after the last id, so that the addition melts away as soon as ids are
        // asked for less often than the clock ticks. Lost updates of HoldBy are harmless within these bounds.
        long by = Math.Max(high - now, Math.Min(Volatile.Read(ref _words.HoldBy), _format.TickOf(observed) - now + 1));
        shown = now + by;
        if (_rollback == ClockRollback.Throw || by > _maxAhead)
        {
            return false;
        }

        Volatile.Write(ref _words.HoldBy, by);
        return true;
    }

    private void CountOverflows(long ticksUsedUp)
    {
        if (ticksUsedUp > 0)
        {
            Interlocked.Add(ref _words.Overflows, ticksUsedUp);
        }
    }

    private void ThrowIfOutOfRange(long now, long first, int count)
    {
        if (now < 0)
        {
            throw new SnowflakeException(
                SnowflakeFailure.ClockBeforeEpoch, $"The clock is before {Layout.Epoch:O}, the epoch of the layout.");
        }

        // Unsigned, as in the fast path. Spans are short enough for the difference not to be negative.
        if (now > Layout.LastTimestamp || (ulong)first > (ulong)(_format.LastOf(Layout.LastTimestamp) - (count - 1)))
        {
            throw new SnowflakeException(
                SnowflakeFailure.TimestampExhausted, $"The layout has no more ids: its timestamp ends at {Layout.Exhausted:O}.");
        }
    }

    private SnowflakeException Refusal(SnowflakeFailure failure) => new(failure, failure switch
    {
        SnowflakeFailure.SequenceExhausted => $"The {Layout.IdsPerTick} sequence numbers of this tick of {Layout.Tick} are used up.",
        SnowflakeFailure.TooFarAhead => $"The ids would be more than {_maxAhead} ticks of {Layout.Tick} ahead of the clock.",
        _ => $"The clock went back, or is behind the high-water mark: the last id is {Statistics.TicksAhead} ticks of {Layout.Tick} ahead of it; {(_rollback == ClockRollback.Throw ? 0 : _maxAhead)} are allowed.",
    });
}
