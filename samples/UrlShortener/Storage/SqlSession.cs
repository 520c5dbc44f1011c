using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace UrlShortener;

/// <summary>A connection whose statements are compiled once each. For one thread at a time.</summary>
internal sealed class SqlSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _beginRead;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;

    public SqlSession(LinkDatabase database)
    {
        _connection = database.Open();
        _begin = Command("BEGIN IMMEDIATE");
        _beginRead = Command("BEGIN DEFERRED");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
    }

    /// <summary>Makes a statement; it is compiled when first executed.</summary>
    public SqliteCommand Command(string sql, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (string name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    /// <summary>Runs an action that only reads, all of it from one state of the file; never waits for a writer.</summary>
    public void Read(Action action) => Run(_beginRead, action);

    /// <summary>Runs an action with the file's one write lock; all it writes is kept, or, if it throws, nothing.</summary>
    public void Write(Action action) => Run(_begin, action);

    private void Run(SqliteCommand begin, Action action)
    {
        begin.ExecuteNonQuery();
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

    /// <summary>Executes a statement.</summary>
    /// <returns>The number of rows it changed.</returns>
    public static int Execute(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>Reads all rows that a statement gives.</summary>
    public static List<T> ReadAll<T>(SqliteCommand command, Func<SqliteDataReader, T> read, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        var rows = new List<T>();
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public void Dispose() => _connection.Dispose(); // and with it the commands

    private static void Bind(SqliteCommand command, ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }
}
