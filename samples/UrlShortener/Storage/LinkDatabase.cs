using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace UrlShortener;

/// <summary>The SQLite file: makes it on first use, refuses one it does not understand, opens connections to it.</summary>
internal sealed class LinkDatabase
{
    private const int ApplicationId = 0x55524C53; // "URLS", in the header of the file
    private const int SchemaVersion = 1;
    private const int KeyBytes = 32;

    // How long a command waits for another process that writes before it fails as busy. SQLite waits in small steps and
    // is told in milliseconds; what Microsoft.Data.Sqlite does when that is over is wait on in large ones, unless the
    // same time, in seconds, is up.
    private const int BusySeconds = 15;

    // A plain link, without alias or expiry, is the one link of its URL; that is what the partial index keeps true.
    private const string Schema = """
        CREATE TABLE meta (
            name  TEXT PRIMARY KEY,
            value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE links (
            id         INTEGER PRIMARY KEY,
            code       TEXT NOT NULL UNIQUE,
            url        TEXT NOT NULL,
            alias      INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            visits     INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE UNIQUE INDEX links_by_plain_url ON links (url) WHERE alias = 0 AND expires_at IS NULL;
        CREATE INDEX links_by_creation ON links (created_at);
        """;

    private readonly string _connectionString;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="ShortenerException">It cannot be opened, or is not a database of this version.</exception>
    public LinkDatabase(string path)
    {
        FullPath = path;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusySeconds }.ToString();
        try
        {
            using SqliteConnection connection = Open();
            CodeKey = Prepare(connection);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_NOTADB)
        {
            throw NotOurs(exception);
        }
        catch (SqliteException exception)
        {
            throw new ShortenerException($"Cannot open the database {path}: {exception.Message}", exception);
        }
    }

    public string FullPath { get; }

    /// <summary>Gets the key of the permutation between ids and codes: random, made with the database and kept in it,
    /// since another key would give later ids codes that are in use.</summary>
    public byte[] CodeKey { get; }

    /// <summary>Opens a connection, for one thread at a time.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();

            // WAL: readers never wait for the writer. FULL: a link that was answered for survives a power failure.
            Execute(connection, $"PRAGMA busy_timeout = {BusySeconds * 1_000}");
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA synchronous = FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private byte[] Prepare(SqliteConnection connection)
    {
        // Immediate: of two processes that start at once, one makes the tables and the other finds them.
        using SqliteTransaction transaction = connection.BeginTransaction();
        long application = Scalar<long>(connection, transaction, "PRAGMA application_id");
        long version = Scalar<long>(connection, transaction, "PRAGMA user_version");
        if (application == 0 && Scalar<long>(connection, transaction, "SELECT count(*) FROM sqlite_schema") == 0)
        {
            Execute(connection, Schema, transaction);
            Execute(connection, $"PRAGMA application_id = {ApplicationId}", transaction);
            Execute(connection, $"PRAGMA user_version = {SchemaVersion}", transaction);
            InsertKey(connection, transaction);
        }
        else if (application != ApplicationId)
        {
            throw NotOurs(null);
        }
        else if (version != SchemaVersion)
        {
            throw new ShortenerException(
                $"The database {FullPath} has schema version {version}; this program understands version {SchemaVersion}.");
        }

        byte[] key = Scalar<byte[]>(connection, transaction, "SELECT value FROM meta WHERE name = 'code-key'");
        transaction.Commit();
        return key.Length == KeyBytes
            ? key
            : throw new ShortenerException($"The database {FullPath} holds a code key of {key.Length} bytes, not {KeyBytes}.");
    }

    private static void InsertKey(SqliteConnection connection, SqliteTransaction transaction)
    {
        using SqliteCommand insert = connection.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT INTO meta (name, value) VALUES ('code-key', $key)";
        insert.Parameters.AddWithValue("$key", RandomNumberGenerator.GetBytes(KeyBytes));
        insert.ExecuteNonQuery();
    }

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private T Scalar<T>(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command.ExecuteScalar() is T value
            ? value
            : throw new ShortenerException($"The database {FullPath} is damaged: '{sql}' finds nothing.");
    }

    private ShortenerException NotOurs(Exception? cause) =>
        new($"The file {FullPath} is not a database of this service.", cause);
}
