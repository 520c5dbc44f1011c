using Microsoft.Data.Sqlite;

namespace UrlShortener.Tests;

/// <summary>Looks into the database of a data folder from outside the service.</summary>
internal sealed class Database(string dataFolder)
{
    public string FilePath { get; } = Path.Combine(dataFolder, "links.db");

    public long Count() => File.Exists(FilePath) ? Query("SELECT count(*) FROM links", row => row.GetInt64(0)).Single() : 0;

    public long Visits() => Query("SELECT coalesce(sum(visits), 0) FROM links", row => row.GetInt64(0)).Single();

    public List<(long Id, string Code, string Url)> Links() =>
        Query("SELECT id, code, url FROM links ORDER BY id", row => (row.GetInt64(0), row.GetString(1), row.GetString(2)));

    public byte[] CodeKey() => Query("SELECT value FROM meta WHERE name = 'code-key'", row => row.GetFieldValue<byte[]>(0)).Single();

    public void Execute(string sql)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
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

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = FilePath, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
