using Microsoft.Data.Sqlite;

namespace UrlShortener.Tests;

/// <summary>Looks into one database of a data folder from outside the service.</summary>
internal sealed class Database(string dataFolder, string file)
{
    public Database(string dataFolder, int shard = 1)
        : this(dataFolder, shard == 1 ? "links.db" : $"links-{shard}.db")
    {
    }

    public string FilePath { get; } = Path.Combine(dataFolder, file);

    public long Count() => File.Exists(FilePath) ? Query("SELECT count(*) FROM links", row => row.GetInt64(0)).Single() : 0;

    public long Visits() => Query("SELECT coalesce(sum(visits), 0) FROM links", row => row.GetInt64(0)).Single();

    public List<(long Id, string Code, string Url)> Links() =>
        Query("SELECT id, code, url FROM links ORDER BY id", row => (row.GetInt64(0), row.GetString(1), row.GetString(2)));

    public byte[] CodeKey() => Query("SELECT value FROM meta WHERE name = 'code-key'", row => row.GetFieldValue<byte[]>(0)).Single();

    /// <summary>Gives every row of the links, as text, and whether its hash is that of its code.</summary>
    public List<(string Code, string Row)> Rows() => Query(
        "SELECT code, concat_ws('|', id, code, url, alias, created_at, coalesce(expires_at, 'never'), visits), hash FROM links",
        row => (Code: row.GetString(0), Row: row.GetString(1), Hash: row.GetInt64(2)))
        .ConvertAll(row => (row.Code, row.Hash == RingHash.ToColumn(RingHash.Of(row.Code)) ? row.Row : "wrong hash"));

    /// <summary>Gives every row of the entries by URL likewise.</summary>
    public List<(string Url, string Row)> PlainRows() => Query(
        "SELECT url, concat_ws('|', url, id, code, created_at), hash FROM plain_urls",
        row => (Url: row.GetString(0), Row: row.GetString(1), Hash: row.GetInt64(2)))
        .ConvertAll(row => (row.Url, row.Hash == RingHash.ToColumn(RingHash.Of(row.Url)) ? row.Row : "wrong hash"));

    public void Execute(string sql)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = FilePath, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        try
        {
            using SqliteDataReader reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
            {
                rows.Add(read(reader));
            }

            return rows;
        }
        catch (SqliteException exception) when (exception.Message.Contains("no such table", StringComparison.Ordinal))
        {
            return [default!]; // the process under test has made the file but not its tables yet
        }
    }
}
