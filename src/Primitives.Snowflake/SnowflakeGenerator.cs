using System.Diagnostics;

namespace Primitives;

/// <summary>
/// Makes 64-bit ids that are unique among all workers and strictly increasing per generator, whatever the clock does.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Of two calls that follow one another, on any threads, the later gets the larger id. No id is
/// made twice by one generator, nor by two of one layout whose worker ids differ. None is repeated by the worker's next
/// generator if the clock has passed the last id's tick by then; a high-water mark sees to that. The timestamp of an id is
/// the clock's tick when it is handed out, or later by at most <see cref="SnowflakeOptions.MaxAhead"/>: under
/// <see cref="SequenceOverflow.Borrow"/>, while <see cref="ClockRollback.Hold"/> bridges a clock that went back, and until
/// the clock has passed the high-water mark after a restart.</para>
/// <para><b>Cost.</b> O(1), no lock, no allocation, one clock read and one compare-and-swap for an id or a whole span of
/// them, retried only when another thread took ids in between. A caller that has to wait sleeps or yields, never
/// holding a lock; only a wait of more than 2 milliseconds allocates. With a high-water mark about two calls per
/// <see cref="SnowflakeOptions.MaxAhead"/> write the store. There is no timer and no background thread.</para>
/// <para><b>Limits.</b> <see cref="SnowflakeLayout.IdsPerTick"/> ids a tick, until
/// <see cref="SnowflakeLayout.Exhausted"/>; then calls throw instead of wrapping.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// <para><b>Source.</b> Twitter's Snowflake (2010) for the format; time as a word that only moves up is Lamport's logical
/// clock (1978).</para>
/// </remarks>
/// <example>
/// <code>
/// var ids = new SnowflakeGenerator(workerId: SnowflakeWorkerId.FromHostNameOrdinal());
/// long id = ids.Next();
/// DateTimeOffset made = ids.Layout.Decode(id).Timestamp;
/// </code>
/// </example>
[DebuggerDisplay("WorkerId = {WorkerId}, {Statistics}")]
public sealed class SnowflakeGenerator
{
    // The state is the last id taken without its worker, tick above sequence:
    //
    //     State = (tick << SequenceBits) | sequence
    //
    // so that "the next id, of the next tick if this one is used up" is State + 1.
    //
    // Invariants:
    //   I1  State only grows: every write is a compare-and-swap to a larger value. It takes all ids from the old value
    //       (exclusive) to the new one (inclusive) that the writer names; no other call can take them.
    //   I2  ClockHigh is at least every clock reading that went into State.
    //   I3  State's tick <= _coverage.Limit at the swap, so neither the timestamp field nor the mark is overrun.
    // A caller that stalls between its reads and the swap acts on an older clock. By I1 its id is still new and larger
    // than all before; it can only be of an earlier tick than a fresh reading would have given.
    private GeneratorWords _words;

    private readonly TimeProvider _timeProvider;
    private readonly TickCoverage _coverage;
    private readonly SequenceOverflow _overflow;
    private readonly ClockRollback _rollback;
    private readonly TimeSpan _patience;
    private readonly long _maxAhead;     // ticks
    private readonly long _workerField;  // the worker id where it belongs in an id
    private readonly long _sequenceMask;
    private readonly ulong _startSeed;
    private readonly int _startShift;    // keeps the top bits of a hash for the first sequence of a tick; 0 for "start at 0"
    private readonly int _sequenceBits;
    private readonly int _workerBits;
    private readonly int _sequenceShift;

    /// <summary>Creates a generator with default policies: wait when a tick is used up, hold when the clock goes back.</summary>
    /// <param name="workerId">What tells this generator from all others that make ids of the same kind at the same time.
    /// From 0 to <see cref="SnowflakeLayout.MaxWorkerId"/>.</param>
    /// <param name="layout">The layout; <see cref="SnowflakeLayout.Twitter"/> when <see langword="null"/>.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workerId"/> does not fit the layout.</exception>
    public SnowflakeGenerator(int workerId, SnowflakeLayout? layout = null, TimeProvider? timeProvider = null)
        : this(OptionsFor(workerId, layout), null, timeProvider)
    {
    }

    /// <summary>Creates a generator.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="highWaterMark">Where to remember, across restarts, up to when ids were handed out; nowhere when
    /// <see langword="null"/>. Read here; the generator does not dispose it.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>. Ids hold its
    /// wall-clock time; callers that wait sleep by its timers.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is missing or outside its range; the message says which. In
    /// particular, the worker id does not fit the layout.</exception>
    public SnowflakeGenerator(SnowflakeOptions options, IHighWaterMark? highWaterMark = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        SnowflakeOptionsValidator.ThrowIfInvalid(options, highWaterMark is not null);

        Layout = options.Layout ?? SnowflakeLayout.Twitter;
        WorkerId = options.WorkerId.GetValueOrDefault();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _overflow = options.Overflow;
        _rollback = options.Rollback;
        _maxAhead = Math.Min(options.MaxAhead.Ticks / Layout.Tick.Ticks, Layout.LastTimestamp);
        _patience = options.MaxAhead > MinPatience ? options.MaxAhead : MinPatience;

        (int workerShift, _sequenceShift) = Layout.Shifts;
        _workerField = (long)WorkerId << workerShift;
        _workerBits = Layout.WorkerBits;
        _sequenceBits = Layout.SequenceBits;
        _sequenceMask = Layout.IdsPerTick - 1;

        // The first sequence of a tick is drawn from the lower half, so that half of the tick is always left.
        _startShift = options.RandomSequenceStart && _sequenceBits > 1 ? 64 - (_sequenceBits - 1) : 0;
        _startSeed = Mix((ulong)options.SequenceSeed + (ulong)WorkerId);

        _coverage = new TickCoverage(Layout, highWaterMark, _maxAhead);
        long mark = highWaterMark is null ? -1 : _coverage.Mark;
        _words.State = (mark << _sequenceBits) | _sequenceMask; // the mark's last id, so that the next is above it
        _words.ClockHigh = -1;
        _words.HeldTo = mark + 1;
        _words.RollbackSeenAt = -1;
    }

    /// <summary>The least time for which a waiting caller bears a clock that stands still.</summary>
    private static TimeSpan MinPatience => TimeSpan.FromMilliseconds(100);

    /// <summary>Gets the layout of the ids.</summary>
    public SnowflakeLayout Layout { get; }

    /// <summary>Gets the worker id in every id.</summary>
    public int WorkerId { get; }

    /// <summary>Gets the counters. Reads the clock.</summary>
    public SnowflakeStatistics Statistics => new(
        Volatile.Read(ref _words.Overflows),
        Volatile.Read(ref _words.Waits),
        Volatile.Read(ref _words.Rollbacks),
        Math.Max(0, (Volatile.Read(ref _words.State) >> _sequenceBits) - ReadClock()));

    /// <summary>Makes an id, waiting for the clock's next tick if need be under <see cref="SequenceOverflow.Wait"/>.</summary>
    /// <returns>The id: larger than every id taken before.</returns>
    /// <exception cref="SnowflakeException">The policies in force do not allow an id now, the clock is outside the
    /// layout's range, or it stood still while this call waited.</exception>
    public long Next() => TryTakeFromTick(out long state) ? ToId(state) : ToId(TakeOrWait(1).First);

    /// <summary>Makes an id if that takes no waiting.</summary>
    /// <param name="id">The id if the result is <see langword="true"/>: larger than every id taken before.</param>
    /// <returns><see langword="false"/>, with nothing taken, where <see cref="Next()"/> would wait for the clock or throw
    /// because of an overflow or rollback.</returns>
    /// <exception cref="SnowflakeException">The clock is before the layout's epoch, or the layout is exhausted.</exception>
    public bool TryNext(out long id)
    {
        if (!TryTakeFromTick(out long state))
        {
            Reservation reservation = Reserve(1, mayWait: false);
            if (reservation.Count == 0)
            {
                id = 0;
                return false;
            }

            state = reservation.First;
        }

        id = ToId(state);
        return true;
    }

    /// <summary>Fills a span with increasing ids, at one clock read and one compare-and-swap for as many as the tick has
    /// left. Other callers' ids may lie between those of different ticks.</summary>
    /// <param name="ids">Where to put them. May be empty. Its content is undefined after an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more than can ever be taken at once: more than
    /// <see cref="SnowflakeLayout.IdsPerTick"/> under <see cref="SequenceOverflow.Throw"/>, and times as many ticks as fit
    /// in <see cref="SnowflakeOptions.MaxAhead"/>, plus one, under <see cref="SequenceOverflow.Borrow"/>.</exception>
    /// <exception cref="SnowflakeException">As for <see cref="Next()"/>. Except under <see cref="SequenceOverflow.Wait"/>,
    /// nothing was taken.</exception>
    public void Next(Span<long> ids)
    {
        long furtherTicks = _overflow == SequenceOverflow.Borrow ? _maxAhead : 0;
        if (_overflow != SequenceOverflow.Wait && (ids.Length - 1) >> _sequenceBits > furtherTicks)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ids), ids.Length, $"At most {furtherTicks + 1} ticks of {Layout.IdsPerTick} ids can be taken at once.");
        }

        while (!ids.IsEmpty)
        {
            Reservation taken = TakeOrWait(ids.Length);
            for (int i = 0; i < taken.Count; i++)
            {
                ids[i] = ToId(taken.First + i);
            }

            ids = ids[taken.Count..];
        }
    }

    /// <summary>Makes an id; where <see cref="Next()"/> would keep the thread waiting, waits without one, by the timers of
    /// the time provider. Each waiting caller has an id reserved, in the order of the calls.</summary>
    /// <param name="cancellationToken">Ends the wait. The id reserved for it is lost, nothing else.</param>
    /// <returns>The id: larger than every id taken before this call.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="SnowflakeException">As for <see cref="Next()"/>.</exception>
    public ValueTask<long> NextAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<long>(cancellationToken)
        : TryTakeFromTick(out long state) ? new ValueTask<long>(ToId(state))
        : TakeOrWaitAsync(cancellationToken);

    /// <summary>The fast path: takes an id of the clock's own tick, which no policy forbids.</summary>
    private bool TryTakeFromTick(out long state)
    {
        long now = ReadClock();
        if (now < 0 || now > _coverage.Limit)
        {
            state = 0;
            return false;
        }

        RaiseTo(ref _words.ClockHigh, now);
        long last = (now << _sequenceBits) | _sequenceMask;
        long observed = Volatile.Read(ref _words.State);
        while (true)
        {
            state = Following(observed, now);
            if ((ulong)state > (ulong)last) // unsigned: the state after long.MaxValue must not pass for an early one
            {
                return false;
            }

            // Publishes that every id up to state is taken. A stale observed value makes the swap fail and tells us
            // the current one; a stale clock is harmless by I1. Linearization point.
            long previous = Interlocked.CompareExchange(ref _words.State, state, observed);
            if (previous == observed)
            {
                return true;
            }

            observed = previous;
        }
    }

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
            long first = Following(observed, now);
            ThrowIfOutOfRange(now, first, least);
            RaiseTo(ref _words.ClockHigh, now);

            long firstTick = first >> _sequenceBits;
            long reach = now; // the last tick whose ids may be taken
            long waitFor = -1;
            if (first + (least - 1) > LastOf(now))
            {
                bool behind = now < high;
                if (behind)
                {
                    CountRollback(now, clockHigh);
                    if (_rollback == ClockRollback.Throw || (observed >> _sequenceBits) > now + _maxAhead)
                    {
                        return Reservation.Refused(SnowflakeFailure.ClockRolledBack);
                    }
                }

                if (behind || _overflow == SequenceOverflow.Borrow || (inParts && mayWait))
                {
                    reach = now + _maxAhead;
                    waitFor = !behind && inParts ? firstTick : -1;
                }
            }

            long room = LastOf(inParts ? Math.Min(firstTick, reach) : reach) - first + 1;
            if (room < least)
            {
                if (inParts && mayWait)
                {
                    return Reservation.TryAgainAt(firstTick - _maxAhead);
                }

                Interlocked.Increment(ref _words.Overflows);
                return Reservation.Refused(reach > now ? SnowflakeFailure.TooFarAhead : SnowflakeFailure.SequenceExhausted);
            }

            int taken = (int)Math.Min(count, room);
            long last = first + (taken - 1);
            long lastTick = last >> _sequenceBits;
            if (lastTick > _coverage.Limit)
            {
                _coverage.Cover(lastTick, now); // I3; what is covered once stays so, however long the swap takes
            }

            // As in the fast path.
            if (Interlocked.CompareExchange(ref _words.State, last, observed) == observed)
            {
                CountOverflows(lastTick - Math.Max(observed >> _sequenceBits, now));
                if (now < high && lastTick > now)
                {
                    RaiseTo(ref _words.HeldTo, lastTick); // the clock counts as behind until it has passed these ids
                }

                return Reservation.Taken(first, taken, waitFor);
            }
        }
    }

    private Reservation TakeOrWait(int count)
    {
        Reservation reservation = default;
        if (!IsReady(ref reservation, count))
        {
            Interlocked.Increment(ref _words.Waits);
            var wait = new TickWait(_timeProvider, Layout, _patience);
            do
            {
                wait.Step(reservation.WaitFor);
            }
            while (!IsReady(ref reservation, count));
        }

        return reservation;
    }

    private async ValueTask<long> TakeOrWaitAsync(CancellationToken cancellationToken)
    {
        Reservation reservation = default;
        if (!IsReady(ref reservation, 1))
        {
            Interlocked.Increment(ref _words.Waits);
            var wait = new TickWait(_timeProvider, Layout, _patience);
            do
            {
                await Task.Delay(wait.NextDelay(reservation.WaitFor), _timeProvider, cancellationToken).ConfigureAwait(false);
            }
            while (!IsReady(ref reservation, 1));
        }

        return ToId(reservation.First);
    }

    /// <summary>Whether ids are taken and may be handed out; tries to take them if they are not.</summary>
    private bool IsReady(ref Reservation reservation, int count)
    {
        if (reservation.Count == 0)
        {
            reservation = Reserve(count, mayWait: true);
            if (reservation.Failure != SnowflakeFailure.None)
            {
                throw Refusal(reservation.Failure);
            }
        }

        return reservation.Count > 0 && (reservation.WaitFor < 0 || HasCome(reservation.WaitFor));
    }

    /// <summary>Whether ids of a tick reserved ahead of the clock may be handed out.</summary>
    private bool HasCome(long tick)
    {
        long clockHigh = Volatile.Read(ref _words.ClockHigh);
        long high = Math.Max(clockHigh, Volatile.Read(ref _words.HeldTo));
        long now = ReadClock(); // after the words, as in Reserve
        RaiseTo(ref _words.ClockHigh, now);
        if (now >= tick || now >= high)
        {
            return now >= tick;
        }

        // The clock went back during the wait.
        CountRollback(now, clockHigh);
        if (_rollback == ClockRollback.Throw || tick > now + _maxAhead)
        {
            throw Refusal(SnowflakeFailure.ClockRolledBack);
        }

        RaiseTo(ref _words.HeldTo, tick);
        return true;
    }

    private long ReadClock() => Layout.ToTimestamp(_timeProvider.GetUtcNow().UtcTicks);

    /// <summary>The state after <paramref name="state"/> when the clock reads <paramref name="now"/>.</summary>
    private long Following(long state, long now)
    {
        long start = now << _sequenceBits;
        return state >= start ? state + 1
            : _startShift == 0 ? start
            : start | (long)(Mix((ulong)now + _startSeed) >> _startShift);
    }

    private long LastOf(long tick) => (Math.Min(tick, Layout.LastTimestamp) << _sequenceBits) | _sequenceMask;

    private long ToId(long state) =>
        ((state & ~_sequenceMask) << _workerBits) | ((state & _sequenceMask) << _sequenceShift) | _workerField;

    private void CountOverflows(long ticksUsedUp)
    {
        if (ticksUsedUp > 0)
        {
            Interlocked.Add(ref _words.Overflows, ticksUsedUp);
        }
    }

    private void CountRollback(long now, long clockHigh)
    {
        // Until the clock passes its highest reading again, that reading stays the same: one count for all callers.
        if (now < clockHigh && Interlocked.Exchange(ref _words.RollbackSeenAt, clockHigh) != clockHigh)
        {
            Interlocked.Increment(ref _words.Rollbacks);
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
        if (now > Layout.LastTimestamp || (ulong)first > (ulong)(LastOf(Layout.LastTimestamp) - (count - 1)))
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

    private static void RaiseTo(ref long word, long value)
    {
        long observed = Volatile.Read(ref word);
        while (observed < value)
        {
            long previous = Interlocked.CompareExchange(ref word, value, observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }
    }

    /// <summary>Spreads a number over all 64 bits: the finalizer of SplitMix64, Steele, Lea and Flood (2014).</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static SnowflakeOptions OptionsFor(int workerId, SnowflakeLayout? layout)
    {
        (layout ?? SnowflakeLayout.Twitter).CheckWorkerId(workerId, nameof(workerId));
        return new SnowflakeOptions { WorkerId = workerId, Layout = layout };
    }
}
