using System.Collections.Concurrent;
using Primitives;

namespace UrlShortener;

/// <summary>One shard in use: its readers and its one writer. Thread-safe; every call blocks its thread for as long as
/// SQLite takes, which is microseconds for reads and, for writes, up to the time another process writes. In a server, what
/// requests do is behind breakers; what goes on in the background, or is there to find out, is not.</summary>
internal sealed class LinkShard(LinkDatabase database, CircuitBreakerSet<string>? breakers = null) : IDisposable
{
    // As many as there have been readers at the same time, which the thread pool bounds.
    private readonly ConcurrentBag<LinkSession> _idleReaders = [];

    private readonly Lock _writing = new(); // SQLite has one writer; queue here rather than at its busy timeout
    private readonly LinkSession _writer = new(database);
    private readonly DatabaseBreakers _breakers = new(breakers, database);

    /// <summary>Reads; never waits for a writer.</summary>
    /// <exception cref="CircuitOpenException">Reading failed too often.</exception>
    public T Read<T>(Func<LinkSession, T> read) => _breakers.Read(() => ReadRegardless(read));

    /// <summary>Writes in one transaction: durable when this returns, all of it, or, if it throws, nothing.</summary>
    /// <exception cref="CircuitOpenException">Writing failed too often.</exception>
    public void Write(Action<LinkSession> write) => _breakers.Write(() => WriteRegardless(write));

    /// <summary>Reads past the breaker.</summary>
    public T ReadRegardless<T>(Func<LinkSession, T> read)
    {
        if (!_idleReaders.TryTake(out LinkSession? session))
        {
            session = new LinkSession(database);
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

    /// <summary>Writes past the breaker.</summary>
    public void WriteRegardless(Action<LinkSession> write)
    {
        lock (_writing)
        {
            _writer.Write(() => write(_writer));
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
}
