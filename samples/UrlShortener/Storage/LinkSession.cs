using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace UrlShortener;

/// <summary>A connection with its statements, compiled once each. For one thread at a time.</summary>
internal sealed class LinkSession : IDisposable
{
    private const string Columns = "id, code, url, created_at, expires_at, visits";

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _findPlain;
    private readonly SqliteCommand _latest;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _addVisits;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;

    public LinkSession(LinkDatabase database)
    {
        _connection = database.Open();
        _find = Command($"SELECT {Columns} FROM links WHERE code = $code", "$code");
        _findPlain = Command(
            $"SELECT {Columns} FROM links WHERE url = $url AND alias = 0 AND expires_at IS NULL", "$url");

        // By time, not by id: an import that makes ids faster than their clock ticks gets ids ahead of their time.
        _latest = Command($"SELECT {Columns} FROM links ORDER BY created_at DESC, id DESC LIMIT $take", "$take");
        _insert = Command(
            """
            INSERT INTO links (id, code, url, alias, created_at, expires_at)
            VALUES ($id, $code, $url, $alias, $created_at, $expires_at)
            ON CONFLICT DO NOTHING
            """,
            "$id", "$code", "$url", "$alias", "$created_at", "$expires_at");
        _addVisits = Command("UPDATE links SET visits = visits + $count WHERE id = $id", "$count", "$id");
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
    }

    /// <summary>Finds the link of a code.</summary>
    public Link? Find(string code) => ReadAll(_find, code).FirstOrDefault();

    /// <summary>Finds the link of a URL that has neither alias nor expiry.</summary>
    public Link? FindPlain(string url) => ReadAll(_findPlain, url).FirstOrDefault();

    /// <summary>Lists the newest links, newest first.</summary>
    public IReadOnlyList<Link> Latest(int take) => ReadAll(_latest, take);

    /// <summary>Inserts a link, unless its id, its code or its plain URL is there already.</summary>
    public bool TryInsert(Link link, bool isAlias) =>
        Execute(
            _insert,
            link.Id,
            link.Code,
            link.Url,
            isAlias,
            link.CreatedAt.ToUnixTimeMilliseconds(),
            (object?)link.ExpiresAt?.ToUnixTimeMilliseconds() ?? DBNull.Value) == 1;

    public void AddVisits(long id, long count) => Execute(_addVisits, count, id);

    /// <summary>Runs an action with the file's one write lock; all it writes is kept, or, if it throws, nothing.</summary>
    public void Write(Action action)
    {
        _begin.ExecuteNonQuery();
        try
        {
            action();
            _commit.ExecuteNonQuery();
        }
        catch
        {
            // Some failures, a full disk for one, have ended the transaction by themselves.
            if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                _rollback.ExecuteNonQuery();
            }

            throw;
        }
    }

    public void Dispose() => _connection.Dispose(); // and with it the commands

    private SqliteCommand Command(string sql, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (string name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static int Execute(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        return command.ExecuteNonQuery();
    }

    private static List<Link> ReadAll(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        var links = new List<Link>();
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            links.Add(new Link(
                Id: reader.GetInt64(0),
                Code: reader.GetString(1),
                Url: reader.GetString(2),
                CreatedAt: DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)),
                ExpiresAt: reader.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(4)),
                Visits: reader.GetInt64(5)));
        }

        return links;
    }

    private static void Bind(SqliteCommand command, ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }
}
