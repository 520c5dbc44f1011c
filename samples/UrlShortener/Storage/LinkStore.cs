using System.Collections.Concurrent;

namespace UrlShortener;

/// <summary>The links in the database. Thread-safe; every call blocks its thread for as long as SQLite takes, which is
/// microseconds for reads and, for writes, up to the time another process writes.</summary>
internal sealed class LinkStore : IDisposable
{
    // Far above what can happen: each attempt meets an alias that equals the generated code, out of 62^8.
    private const int MaxAttempts = 100;

    private readonly LinkDatabase _database;
    private readonly LinkCodes _codes;
    private readonly TimeProvider _time;

    // As many as there have been readers at the same time, which the thread pool bounds.
    private readonly ConcurrentBag<LinkSession> _idleReaders = [];

    private readonly Lock _writing = new(); // SQLite has one writer; queue here rather than at its busy timeout
    private readonly LinkSession _writer;

    public LinkStore(LinkDatabase database, LinkCodes codes, TimeProvider time)
    {
        _database = database;
        _codes = codes;
        _time = time;
        _writer = new LinkSession(database);
    }

    /// <summary>Finds the link of a code.</summary>
    public Link? Find(string code) => Read(session => session.Find(code));

    /// <summary>Lists the newest links, newest first.</summary>
    public IReadOnlyList<Link> Latest(int take) => Read(session => session.Latest(take));

    /// <summary>Adds links, in one transaction: durable when this returns, all of them or none.</summary>
    /// <returns>The outcome for each, in order.</returns>
    public AddedLink[] Add(IReadOnlyList<NewLink> links)
    {
        // Outside the transaction, which stops every other writer: what is there already needs none, and for the rest
        // the ids are made beforehand.
        (AddedLink[] added, List<(int Index, long Id, string Code)> missing) = Read(session => Prepare(session, links));
        if (missing.Count > 0)
        {
            DateTimeOffset now = ToMilliseconds(_time.GetUtcNow());
            lock (_writing)
            {
                _writer.Write(() =>
                {
                    foreach ((int index, long id, string code) in missing)
                    {
                        added[index] = AddLocked(links[index], id, code, now);
                    }
                });
            }
        }

        return added;
    }

    /// <summary>Adds visits, by link id, in one transaction.</summary>
    public void AddVisits(IReadOnlyDictionary<long, long> visits)
    {
        lock (_writing)
        {
            _writer.Write(() =>
            {
                foreach ((long id, long count) in visits)
                {
                    _writer.AddVisits(id, count);
                }
            });
        }
    }

    public void Dispose()
    {
        while (_idleReaders.TryTake(out LinkSession? reader))
        {
            reader.Dispose();
        }

        _writer.Dispose();
    }

    /// <summary>Cuts a time to the precision the store keeps.</summary>
    public static DateTimeOffset ToMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private (AddedLink[] Added, List<(int Index, long Id, string Code)> Missing) Prepare(
        LinkSession session, IReadOnlyList<NewLink> links)
    {
        var added = new AddedLink[links.Count];
        var missing = new List<(int Index, long Id, string Code)>();
        for (int i = 0; i < added.Length; i++)
        {
            if (FindExisting(session, links[i]) is { } existing)
            {
                added[i] = existing;
            }
            else
            {
                (long id, string code) = _codes.Next();
                missing.Add((i, id, code));
            }
        }

        return (added, missing);
    }

    private AddedLink AddLocked(NewLink link, long id, string code, DateTimeOffset now)
    {
        // Looked up again, since others wrote meanwhile; what is not found now cannot appear before the insert.
        if (FindExisting(_writer, link) is { } existing)
        {
            return existing;
        }

        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var created = new Link(id, link.Alias ?? code, link.Url, now, link.ExpiresAt, Visits: 0);
            if (_writer.TryInsert(created, isAlias: link.Alias is not null))
            {
                return new AddedLink(created, AddOutcome.Created);
            }

            (id, code) = _codes.Next();
        }

        throw new InvalidOperationException($"{MaxAttempts} new ids in a row were in use: two processes share a worker id.");
    }

    private static AddedLink? FindExisting(LinkSession session, NewLink link)
    {
        Link? existing = link switch
        {
            { Alias: { } alias } => session.Find(alias),
            { ExpiresAt: null } => session.FindPlain(link.Url),
            _ => null, // every link that expires is one of its own
        };
        if (existing is null)
        {
            return null;
        }

        bool same = existing.Url == link.Url && existing.ExpiresAt == link.ExpiresAt;
        return new AddedLink(existing, same ? AddOutcome.Existing : AddOutcome.AliasTaken);
    }

    private T Read<T>(Func<LinkSession, T> read)
    {
        if (!_idleReaders.TryTake(out LinkSession? session))
        {
            session = new LinkSession(_database);
        }

        try
        {
            return read(session);
        }
        finally
        {
            _idleReaders.Add(session);
        }
    }
}
