using System.Diagnostics;

namespace Primitives;

/// <summary>
/// Makes 64-bit ids that are unique among all workers and strictly increasing per generator, whatever the clock does.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Of two calls that follow one another, on any threads, the later gets the larger id. No id is
/// made twice by one generator, nor by two of one layout whose worker ids differ. None is repeated by the worker's next
/// generator if the clock has passed the last id's tick by then; a high-water mark sees to that. The timestamp of an id is
/// a tick the clock showed during the call, or later by at most <see cref="SnowflakeOptions.MaxAhead"/>: under
/// <see cref="SequenceOverflow.Borrow"/>, while <see cref="ClockRollback.Hold"/> bridges a clock that went back, and until
/// the clock has passed the high-water mark after a restart.</para>
/// <para><b>Cost.</b> O(1), no lock, no allocation, one clock read and one compare-and-swap for an id or a whole span of
/// them, retried only when another thread took ids in between. A caller that has to wait sleeps or yields, never
/// holding a lock; a wait allocates only if it is asynchronous or longer than 2 milliseconds. With a high-water mark about
/// two calls per <see cref="SnowflakeOptions.MaxAhead"/>, 16 while ids are far ahead of the clock, write the store. There is no timer and no background thread.</para>
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
public sealed partial class SnowflakeGenerator
{
    // The state is the last id taken, without its worker, as StateFormat writes it. The id after the last of a tick is the
    // first of the next tick: that is how a used-up tick carries over.
    //
    // Invariants:
    //   I1  State only grows: every write is a compare-and-swap to a larger value. It takes all ids from the old value
    //       (exclusive) to the new one (inclusive) that the writer names; no other call can take them.
    //   I2  ClockHigh is at least every clock reading that went into State.
    //   I3  State's tick is within the layout, and covered by the high-water mark before the swap that sets it.
    // A caller that stalls between its reads and the swap acts on an older clock. By I1 its id is still new and larger
    // than all before; it can only be of an earlier tick than a fresh reading would have given.
    private GeneratorWords _words;

    private readonly TimeProvider _timeProvider;
    private readonly TickCoverage _coverage;
    private readonly StateFormat _format;
    private readonly SequenceOverflow _overflow;
    private readonly ClockRollback _rollback;
    private readonly TimeSpan _patience;
    private readonly long _maxAhead; // ticks

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

        _format = new StateFormat(Layout, WorkerId, options.RandomSequenceStart, options.SequenceSeed);
        _coverage = new TickCoverage(Layout, highWaterMark, _maxAhead);
        long mark = highWaterMark is null ? -1 : _coverage.Mark;
        _words.State = _format.LastOf(mark); // so that the next one is above the mark
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
        Math.Max(0, _format.TickOf(Volatile.Read(ref _words.State)) - ReadClock()));

    /// <summary>Makes an id, waiting for the clock's next tick if need be under <see cref="SequenceOverflow.Wait"/>.</summary>
    /// <returns>The id: larger than every id taken before.</returns>
    /// <exception cref="SnowflakeException">The policies in force do not allow an id now, the clock is outside the
    /// layout's range, or it stood still while this call waited.</exception>
    /// <exception cref="Exception">With a high-water mark: what <see cref="IHighWaterMark.Raise"/> threw. Nothing was taken;
    /// the next call that needs the mark raised tries again.</exception>
    public long Next() => TryTakeFromTick(out long state) ? _format.ToId(state) : _format.ToId(TakeOrWait(1).First);

    /// <summary>Makes an id if that takes no waiting for the clock. With a high-water mark, one call in a while writes the
    /// store first, as in <see cref="Next()"/>.</summary>
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

        id = _format.ToId(state);
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
        if (_overflow != SequenceOverflow.Wait && _format.TickOf(ids.Length - 1) > furtherTicks)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ids), ids.Length, $"At most {furtherTicks + 1} ticks of {Layout.IdsPerTick} ids can be taken at once.");
        }

        while (!ids.IsEmpty)
        {
            Reservation taken = TakeOrWait(ids.Length);
            for (int i = 0; i < taken.Count; i++)
            {
                ids[i] = _format.ToId(taken.First + i);
            }

            ids = ids[taken.Count..];
        }
    }

    /// <summary>Makes an id; where <see cref="Next()"/> would keep the thread waiting, waits without one, by the timers of
    /// the time provider. A waiting caller has an id reserved, in the order of the calls, as long as the reserved ids are
    /// within <see cref="SnowflakeOptions.MaxAhead"/> of the clock.</summary>
    /// <param name="cancellationToken">Ends the wait. The id reserved for it stays unused, and keeps its place.</param>
    /// <returns>The id: larger than every id taken before this call.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="SnowflakeException">As for <see cref="Next()"/>.</exception>
    public ValueTask<long> NextAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<long>(cancellationToken)
        : TryTakeFromTick(out long state) ? new ValueTask<long>(_format.ToId(state))
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

        Monotonic.Raise(ref _words.ClockHigh, now);
        long last = _format.LastOf(now);
        long observed = Volatile.Read(ref _words.State);
        while (true)
        {
            state = _format.Following(observed, now);
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

    private long ReadClock() => Layout.ToTimestamp(_timeProvider.GetUtcNow().UtcTicks);

    private static SnowflakeOptions OptionsFor(int workerId, SnowflakeLayout? layout)
    {
        (layout ?? SnowflakeLayout.Twitter).CheckWorkerId(workerId, nameof(workerId));
        return new SnowflakeOptions { WorkerId = workerId, Layout = layout };
    }
}
