using Microsoft.Data.Sqlite;

namespace UrlShortener;

/// <summary>The statements on one shard. For one thread at a time.</summary>
internal sealed class LinkSession : IDisposable
{
    private const string Columns = "id, code, url, created_at, expires_at, visits";

    private readonly SqlSession _session;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _latest;
    private readonly SqliteCommand _codes;
    private readonly SqliteCommand _count;
    private readonly SqliteCommand _greatestId;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _addVisits;
    private readonly SqliteCommand _findPlain;
    private readonly SqliteCommand _insertPlain;
    private readonly SqliteCommand _replacePlain;

    public LinkSession(LinkDatabase database)
    {
        _session = new SqlSession(database);
        _find = _session.Command($"SELECT {Columns} FROM links WHERE hash = $hash AND code = $code", "$hash", "$code");

        // By time, not by id: an import that makes ids faster than their clock ticks gets ids ahead of their time.
        _latest = _session.Command($"SELECT {Columns} FROM links ORDER BY created_at DESC, id DESC LIMIT $take", "$take");
        _codes = _session.Command("SELECT id, code FROM links WHERE id > $after ORDER BY id LIMIT $take", "$after", "$take");
        _count = _session.Command("SELECT count(*) FROM links");
        _greatestId = _session.Command("SELECT ifnull(max(id), 0) FROM links");
        _insert = _session.Command(
            """
            INSERT INTO links (id, hash, code, url, alias, created_at, expires_at)
            VALUES ($id, $hash, $code, $url, $alias, $created_at, $expires_at)
            ON CONFLICT DO NOTHING
            """,
            "$id", "$hash", "$code", "$url", "$alias", "$created_at", "$expires_at");
        _addVisits = _session.Command(
            "UPDATE links SET visits = visits + $count WHERE hash = $hash AND code = $code", "$count", "$hash", "$code");

        _findPlain = _session.Command(
            "SELECT url, id, code, created_at FROM plain_urls WHERE hash = $hash AND url = $url", "$hash", "$url");
        _insertPlain = _session.Command(
            "INSERT INTO plain_urls (hash, url, id, code, created_at) VALUES ($hash, $url, $id, $code, $created_at)",
            "$hash", "$url", "$id", "$code", "$created_at");
        _replacePlain = _session.Command(
            "UPDATE plain_urls SET id = $id, code = $code, created_at = $created_at WHERE hash = $hash AND url = $url",
            "$id", "$code", "$created_at", "$hash", "$url");
    }

    /// <summary>Finds the link of a code.</summary>
    public Link? Find(string code) => SqlSession.ReadAll(_find, ReadLink, HashOf(code), code).FirstOrDefault();

    /// <summary>Lists the newest links, newest first.</summary>
    public IReadOnlyList<Link> Latest(int take) => SqlSession.ReadAll(_latest, ReadLink, take);

    /// <summary>Lists ids and codes in the order of the ids, those after a given one.</summary>
    public IReadOnlyList<(long Id, string Code)> Codes(long after, int take) =>
        SqlSession.ReadAll(_codes, row => (row.GetInt64(0), row.GetString(1)), after, take);

    /// <summary>Counts the links, by reading an index.</summary>
    public long Count() => SqlSession.ReadAll(_count, row => row.GetInt64(0)).Single();

    /// <summary>Gets the greatest id; 0 if there is no link.</summary>
    public long GreatestId() => SqlSession.ReadAll(_greatestId, row => row.GetInt64(0)).Single();

    /// <summary>Inserts a link, unless its id or its code is there already.</summary>
    public bool TryInsert(Link link, bool isAlias) => SqlSession.Execute(
        _insert,
        link.Id,
        HashOf(link.Code),
        link.Code,
        link.Url,
        isAlias,
        link.CreatedAt.ToUnixTimeMilliseconds(),
        (object?)link.ExpiresAt?.ToUnixTimeMilliseconds() ?? DBNull.Value) == 1;

    public void AddVisits(string code, long count) => SqlSession.Execute(_addVisits, count, HashOf(code), code);

    /// <summary>Finds which link a URL has that needs neither alias nor expiry.</summary>
    public PlainUrl? FindPlain(string url) => SqlSession.ReadAll(_findPlain, ReadPlain, HashOf(url), url).FirstOrDefault();

    /// <summary>Does so for many URLs, in one transaction: to begin one for each takes longer than the look-up.</summary>
    public PlainUrl?[] FindPlain(string[] urls)
    {
        PlainUrl?[] found = [];
        _session.Read(() => found = Array.ConvertAll(urls, FindPlain));
        return found;
    }

    /// <summary>Notes the link of a URL that has none yet.</summary>
    public void InsertPlain(PlainUrl plain) => SqlSession.Execute(
        _insertPlain, HashOf(plain.Url), plain.Url, plain.Id, plain.Code, plain.CreatedAt.ToUnixTimeMilliseconds());

    /// <summary>Notes another link for a URL that has one.</summary>
    public void ReplacePlain(PlainUrl plain) => SqlSession.Execute(
        _replacePlain, plain.Id, plain.Code, plain.CreatedAt.ToUnixTimeMilliseconds(), HashOf(plain.Url), plain.Url);

    /// <inheritdoc cref="SqlSession.Write"/>
    public void Write(Action action) => _session.Write(action);

    public void Dispose() => _session.Dispose();

    private static object HashOf(string key) => RingHash.ToColumn(RingHash.Of(key));

    private static Link ReadLink(SqliteDataReader row) => new(
        Id: row.GetInt64(0),
        Code: row.GetString(1),
        Url: row.GetString(2),
        CreatedAt: DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        ExpiresAt: row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
        Visits: row.GetInt64(5));

    private static PlainUrl ReadPlain(SqliteDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetString(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));
}
