namespace UrlShortener;

/// <summary>
/// Counts visits in memory, to be added to the database in batches: a redirect then writes nothing, and a link followed
/// a thousand times in a second costs one update.
/// </summary>
/// <remarks>Thread-safe. What was counted since the last <see cref="FlushAsync"/> is lost if the process is killed.</remarks>
internal sealed class VisitCounter(LinkStore store)
{
    private readonly Lock _lock = new(); // guards _pending
    private Dictionary<string, long> _pending = []; // by code

    // Held while counts move from memory to the database, and while both are read and added up, so that no sum counts
    // a visit in both places or in neither.
    private readonly SemaphoreSlim _moving = new(1, 1);

    /// <summary>Counts one visit of a link.</summary>
    public void Count(string code) => Add(code, 1);

    /// <summary>Finds a link, with every visit up to now.</summary>
    public async Task<Link?> FindAsync(string code, CancellationToken cancellationToken) =>
        await ReadAsync(() => store.Find(code) is { } found ? [found] : [], cancellationToken) is [Link link] ? link : null;

    /// <summary>Lists the newest links, with every visit up to now.</summary>
    public Task<IReadOnlyList<Link>> LatestAsync(int take, CancellationToken cancellationToken) =>
        ReadAsync(() => store.Latest(take), cancellationToken);

    /// <summary>Adds what was counted to the database. If that fails, the counts are kept for the next time.</summary>
    public async Task FlushAsync()
    {
        await _moving.WaitAsync();
        try
        {
            Dictionary<string, long> counts;
            lock (_lock)
            {
                counts = _pending;
                _pending = [];
            }

            if (counts.Count > 0)
            {
                Store(counts);
            }
        }
        finally
        {
            _moving.Release();
        }
    }

    private async Task<IReadOnlyList<Link>> ReadAsync(Func<IReadOnlyList<Link>> read, CancellationToken cancellationToken)
    {
        await _moving.WaitAsync(cancellationToken);
        try
        {
            IReadOnlyList<Link> stored = read();
            lock (_lock)
            {
                return [.. stored.Select(link => link with { Visits = link.Visits + _pending.GetValueOrDefault(link.Code) })];
            }
        }
        finally
        {
            _moving.Release();
        }
    }

    private void Store(Dictionary<string, long> counts)
    {
        try
        {
            store.AddVisits(counts);
        }
        catch
        {
            foreach ((string code, long count) in counts) // what is left of them
            {
                Add(code, count);
            }

            throw;
        }
    }

    private void Add(string code, long count)
    {
        lock (_lock)
        {
            _pending[code] = _pending.GetValueOrDefault(code) + count;
        }
    }
}
