using Primitives;

namespace UrlShortener;

/// <summary>
/// Counts the different visitors of each link, on each day and altogether, with one <see cref="HyperLogLog"/> for each
/// link and day. Those of links in recent use are in memory; what has changed is united with the database in batches.
/// </summary>
/// <remarks>
/// <para>Uniting is idempotent: a sketch that is stored twice, by this server and another or before and after a failure,
/// counts nobody twice. So nothing here has to happen exactly once, and a reader may unite what is in memory with what is
/// stored at any time.</para>
/// <para>Thread-safe. New visitors since the last <see cref="Flush"/> are lost if the process is killed.</para>
/// </remarks>
internal sealed class VisitorCounter(VisitorStore store, TimeProvider time)
{
    /// <summary>The days that are kept one by one, today included. Older ones count in the total only.</summary>
    public const int DaysKept = 30;

    // Links in a transaction, so that no other process waits for long.
    private const int BatchSize = 200;

    private readonly VisitorIds _ids = new(store.Key);
    private readonly Lock _lock = new(); // guards _recent and what its values say about themselves
    private readonly Dictionary<string, Recent> _recent = []; // by code
    private readonly Lock _flushing = new();
    private long _uses;
    private int _tidiedTo;

    /// <summary>Gets the number of links whose sketches stay in memory after a flush: 4 KB each at most, 40 MB in all.
    /// </summary>
    public int MaxRecent { get; init; } = 10_000;

    /// <summary>Gets the number of links with sketches in memory.</summary>
    public int RecentCount
    {
        get
        {
            lock (_lock)
            {
                return _recent.Count;
            }
        }
    }

    private int Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).DayNumber;

    private int FirstDay => Today - DaysKept + 1;

    /// <summary>Counts the visitor of a link today.</summary>
    public void Count(string code, HttpContext context)
    {
        ulong visitor = _ids.Of(context.Connection.RemoteIpAddress, context.Request.Headers.UserAgent.ToString());
        int today = Today;
        lock (_lock)
        {
            if (!_recent.TryGetValue(code, out Recent? recent))
            {
                _recent.Add(code, recent = new Recent());
            }

            if (!recent.Days.TryGetValue(today, out HyperLogLog? sketch))
            {
                recent.Days.Add(today, sketch = VisitorStore.NewSketch());
            }

            recent.LastUse = _uses++;
            recent.HasChanged |= sketch.AddHash(visitor);
        }
    }

    /// <summary>Estimates the number of visitors of a link up to now, each counted once however many days they came.</summary>
    public long Total(string code)
    {
        // Memory first: what has left it meanwhile is in the database.
        HyperLogLog total = VisitorStore.NewSketch();
        foreach (HyperLogLog sketch in InMemory(code).Values)
        {
            total.UnionWith(sketch);
        }

        return Round(store.FindTotal(code) is { } stored ? United(stored, total) : total);
    }

    /// <summary>Estimates the number of visitors of a link on each of the days kept on which it had any, newest first.</summary>
    public IReadOnlyList<DayVisitors> Days(string code)
    {
        int first = FirstDay;
        var days = InMemory(code).Where(day => day.Key >= first).ToDictionary();
        foreach ((int day, HyperLogLog stored) in store.FindDays(code, first))
        {
            days[day] = days.TryGetValue(day, out HyperLogLog? sketch) ? United(stored, sketch) : stored;
        }

        return [.. days.OrderByDescending(day => day.Key).Select(day => new DayVisitors(DateOnly.FromDayNumber(day.Key), Round(day.Value)))];
    }

    /// <summary>Unites what has changed with the database, forgets the sketches that were not used for the longest time
    /// if they are too many, and, once a day, deletes old days. What fails is kept for the next time.</summary>
    public void Flush()
    {
        lock (_flushing)
        {
            foreach (KeyValuePair<string, Recent>[] batch in FindChanged().Chunk(BatchSize))
            {
                Store(batch);
            }

            Forget();
            int first = FirstDay;
            if (_tidiedTo != first)
            {
                store.DeleteDaysBefore(first);
                _tidiedTo = first;
            }
        }
    }

    private Dictionary<int, HyperLogLog> InMemory(string code)
    {
        lock (_lock)
        {
            return _recent.TryGetValue(code, out Recent? recent) ? new(recent.Days) : [];
        }
    }

    private List<KeyValuePair<string, Recent>> FindChanged()
    {
        lock (_lock)
        {
            return [.. _recent.Where(recent => recent.Value.HasChanged)];
        }
    }

    private void Store(KeyValuePair<string, Recent>[] batch)
    {
        List<(string, int, HyperLogLog)> sketches = [];
        ForEachLocked(batch, (code, recent) =>
        {
            recent.HasChanged = false; // before they are read: who comes from now on may be missing from what is stored
            sketches.AddRange(recent.Days.Select(day => (code, day.Key, day.Value)));
        });
        try
        {
            store.Unite(sketches);
        }
        catch
        {
            ForEachLocked(batch, (_, recent) => recent.HasChanged = true);
            throw;
        }

        ForEachLocked(batch, (_, recent) => recent.ForgetPastDays());
    }

    private void ForEachLocked(KeyValuePair<string, Recent>[] batch, Action<string, Recent> action)
    {
        lock (_lock)
        {
            foreach ((string code, Recent recent) in batch)
            {
                action(code, recent);
            }
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            if (_recent.Count > MaxRecent)
            {
                // A quarter more than needed, so that this is seldom.
                int surplus = _recent.Count - (MaxRecent * 3 / 4);
                List<string> unused =
                [
                    .. _recent.Where(recent => !recent.Value.HasChanged).OrderBy(recent => recent.Value.LastUse).Take(surplus)
                        .Select(recent => recent.Key),
                ];
                unused.ForEach(code => _recent.Remove(code));
            }
        }
    }

    private static HyperLogLog United(HyperLogLog stored, HyperLogLog sketch)
    {
        stored.UnionWith(sketch);
        return stored;
    }

    private static long Round(HyperLogLog sketch) => (long)Math.Round(sketch.Estimate());

    /// <summary>The sketches of a link in recent use: today's, and those of days not yet stored.</summary>
    private sealed class Recent
    {
        public Dictionary<int, HyperLogLog> Days { get; } = [];

        /// <summary>Gets or sets whether somebody came who may not be in the database.</summary>
        public bool HasChanged { get; set; }

        public long LastUse { get; set; }

        public void ForgetPastDays()
        {
            int newest = Days.Keys.Max();
            foreach (int day in HasChanged ? [] : Days.Keys.Where(day => day != newest).ToArray())
            {
                Days.Remove(day);
            }
        }
    }
}
