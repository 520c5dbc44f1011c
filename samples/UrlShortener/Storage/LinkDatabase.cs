using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace UrlShortener;

/// <summary>One SQLite file: makes its tables, refuses a file it does not understand, opens connections to it.</summary>
internal sealed class LinkDatabase(string path)
{
    private const int ApplicationId = 0x55524C53; // "URLS", in the header of the file
    private const int SchemaVersion = 2;

    // How long a command waits for another process that writes before it fails as busy. SQLite waits in small steps and
    // is told in milliseconds; what Microsoft.Data.Sqlite does when that is over is wait on in large ones, unless the
    // same time, in seconds, is up.
    private const int BusySeconds = 15;

    // A plain link, without alias or expiry, is the one link of its URL; plain_urls says which. The two tables may be in
    // different shards: a link is in the shard of its code, an entry of plain_urls in that of its URL. Both are found by
    // the hash that places them, so what changes shards together lies together.
    private const string Schema = """
        CREATE TABLE meta (
            name  TEXT PRIMARY KEY,
            value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE links (
            id         INTEGER PRIMARY KEY,
            hash       INTEGER NOT NULL,
            code       TEXT NOT NULL,
            url        TEXT NOT NULL,
            alias      INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            visits     INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE UNIQUE INDEX links_by_code ON links (hash, code);
        CREATE INDEX links_by_creation ON links (created_at);

        CREATE TABLE plain_urls (
            id         INTEGER PRIMARY KEY,
            hash       INTEGER NOT NULL,
            url        TEXT NOT NULL,
            code       TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX plain_urls_by_hash ON plain_urls (hash);
        """;

    public string FullPath => path;

    /// <summary>Opens a connection, for one thread at a time. Makes an empty file if there is none.</summary>
    public SqliteConnection Open()
    {
        SqliteConnection connection = Connect(SqliteOpenMode.ReadWriteCreate);
        try
        {
            // WAL: readers never wait for the writer. FULL: a link that was answered for survives a power failure.
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA synchronous = FULL");

            // A batch touches pages all over the indexes by hash. A cache that holds them writes each once; a log several
            // batches long copies each to the file once for all of them. 16 MB; 8,000 pages of 4 KB.
            Execute(connection, "PRAGMA cache_size = -16000");
            Execute(connection, "PRAGMA wal_autocheckpoint = 8000");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a function on what the file says about itself, in a transaction with the file's one write lock. A
    /// file that is not there or empty gets its tables first, in the same transaction.</summary>
    /// <exception cref="ShortenerException">The file cannot be opened, or is not a database of this version.</exception>
    public T UseMeta<T>(Func<MetaTable, T> use)
    {
        try
        {
            using SqliteConnection connection = Open();

            // Immediate: of two processes that start at once, one makes the tables and the other finds them.
            using SqliteTransaction transaction = connection.BeginTransaction();
            Content content = ReadContent(connection, transaction);
            if (content == Content.Other)
            {
                throw NotOurs(null);
            }

            if (content == Content.Nothing)
            {
                MakeTables(connection, transaction);
            }

            T result = use(new MetaTable(FullPath, connection, transaction) { IsNew = content == Content.Nothing });
            transaction.Commit();
            return result;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_NOTADB)
        {
            throw NotOurs(exception);
        }
        catch (SqliteException exception)
        {
            throw CannotOpen(exception);
        }
    }

    /// <summary>Runs a function on what the file says about itself, and neither makes nor changes anything.</summary>
    /// <returns>What the function returns; the default if the file is not there, empty, or one of something else.</returns>
    /// <exception cref="ShortenerException">The file cannot be read, or is a database of another version.</exception>
    public T? InspectMeta<T>(Func<MetaTable, T> inspect)
    {
        if (!File.Exists(FullPath))
        {
            return default;
        }

        try
        {
            using SqliteConnection connection = Connect(SqliteOpenMode.ReadWrite); // to read a log that was left, too
            Execute(connection, "PRAGMA query_only = ON");
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
            return ReadContent(connection, transaction) == Content.Links
                ? inspect(new MetaTable(FullPath, connection, transaction))
                : default;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_NOTADB)
        {
            return default;
        }
        catch (SqliteException exception)
        {
            throw CannotOpen(exception);
        }
    }

    /// <summary>Deletes the file.</summary>
    public void Delete()
    {
        File.Delete(FullPath + "-wal"); // the last connection has emptied it, and usually deleted it
        File.Delete(FullPath + "-shm");
        File.Delete(FullPath);
    }

    private SqliteConnection Connect(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusySeconds * 1_000}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private Content ReadContent(SqliteConnection connection, SqliteTransaction transaction)
    {
        long application = Number("PRAGMA application_id");
        if (application != ApplicationId)
        {
            return application == 0 && Number("SELECT count(*) FROM sqlite_schema") == 0 ? Content.Nothing : Content.Other;
        }

        long version = Number("PRAGMA user_version");
        return version == SchemaVersion
            ? Content.Links
            : throw new ShortenerException(
                $"The database {FullPath} has schema version {version}; this program understands version {SchemaVersion}.");

        long Number(string sql)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = sql;
            return (long)command.ExecuteScalar()!;
        }
    }

    private static void MakeTables(SqliteConnection connection, SqliteTransaction transaction)
    {
        Execute(connection, Schema, transaction);
        Execute(connection, $"PRAGMA application_id = {ApplicationId}", transaction);
        Execute(connection, $"PRAGMA user_version = {SchemaVersion}", transaction);
    }

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private ShortenerException NotOurs(Exception? cause) =>
        new($"The file {FullPath} is not a database of this service.", cause);

    private ShortenerException CannotOpen(SqliteException cause) =>
        new($"Cannot open the database {FullPath}: {cause.Message}", cause);

    private enum Content
    {
        Nothing,
        Links,
        Other,
    }
}
