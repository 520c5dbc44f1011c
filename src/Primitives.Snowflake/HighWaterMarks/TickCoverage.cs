using System.Diagnostics;

namespace Primitives;

/// <summary>
/// Says up to which tick ids may be handed out, and moves that limit along with a high-water mark: the mark is raised
/// ahead of the clock, so that under constant use the store is written about twice per
/// <see cref="SnowflakeOptions.MaxAhead"/>, and about 16 times while ids are far ahead of the clock.
/// Thread-safe and lock-free; only callers beyond the stored mark wait for the store.
/// </summary>
internal sealed class TickCoverage
{
    // Invariants:
    //   C1  The store holds a mark at least as late as tick _mark; _mark never decreases.
    //   C2  _limit <= _mark. So a stale or lowered _limit only sends a caller here once more, never past the mark.
    private readonly IHighWaterMark? _store;
    private readonly SnowflakeLayout _layout;
    private readonly long _maxAhead; // ticks
    private long _mark;
    private long _limit;

    public TickCoverage(SnowflakeLayout layout, IHighWaterMark? store, long maxAheadTicks)
    {
        _store = store;
        _layout = layout;
        _maxAhead = maxAheadTicks;
        _mark = layout.LastTimestamp;
        if (store is not null)
        {
            _mark = store.Read() is { } mark ? Math.Clamp(layout.ToTimestamp(mark), -1, layout.LastTimestamp) : -1;
        }

        _limit = _mark;
    }

    /// <summary>Gets the last tick of which ids may be handed out without calling <see cref="Cover"/>.</summary>
    public long Limit => Volatile.Read(ref _limit);

    /// <summary>Gets the last tick the store covers.</summary>
    public long Mark => Volatile.Read(ref _mark);

    /// <summary>Returns once the store covers <paramref name="tick"/>.</summary>
    /// <param name="tick">The tick, at most <paramref name="now"/> plus the greatest distance ahead.</param>
    /// <param name="now">The clock's tick.</param>
    public void Cover(long tick, long now)
    {
        Debug.Assert(_store is not null && tick <= _layout.LastTimestamp, "Without a store the limit is the last tick.");

        long limit = Limit;
        long mark = Mark;
        if (tick <= mark)
        {
            // Still covered: the one caller that moves the limit up to the mark raises the mark, the others go on.
            if (limit == mark || Interlocked.CompareExchange(ref _limit, mark, limit) != limit)
            {
                return;
            }
        }

        // Half of MaxAhead above the clock, so that the ids made after a restart, which start above the mark, have as much
        // left. While they are ahead of the clock already, an eighth above them: restarts must not add up fast, and yet
        // ids at the very end of MaxAhead must not raise the mark for every tick.
        long lead = Math.Max(now + (_maxAhead / 2), tick + (_maxAhead / 8));
        long raised = Math.Min(lead, _layout.LastTimestamp);
        if (raised <= mark)
        {
            return;
        }

        try
        {
            _store.Raise(_layout.ToInstantOrLast(raised));
        }
        catch
        {
            // By C2 the old limit still holds; with it the next caller tries again instead of running up to the mark.
            Volatile.Write(ref _limit, limit);
            throw;
        }

        Monotonic.Raise(ref _mark, raised);
        Volatile.Write(ref _limit, raised - (_maxAhead / 16)); // C2: not above _mark, whoever wrote that last
    }
}
