using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Primitives;

namespace UrlShortener;

/// <summary>
/// The sketches of visitors, for each link those of recent days and one of all days, in a file of their own that is not
/// sharded: codes say all there is to place, so a reshard has nothing to move, and who does not want to keep visitors
/// deletes one file.
/// </summary>
/// <remarks>Thread-safe; calls block for as long as SQLite takes. Several processes may use one file. A sketch that turns
/// out to be damaged counts as empty, is logged, and is replaced with the next visitor of its link; one of all days is made
/// again from the days there are. Nothing else has to suffer for it.</remarks>
internal sealed class VisitorStore : IDisposable
{
    /// <summary>The day that stands for all days: before the first a clock could show.</summary>
    public const int AllDays = 0;

    private const int Precision = 12; // a standard error of 1.6 %, at most 3 KB a row; near-exact up to 512 visitors
    private const int ApplicationId = 0x55524C55; // "URLU"
    private const int Version = 1;
    private const int DeletedAtOnce = 1_000;

    private const string Schema = """
        CREATE TABLE secret (
            key BLOB NOT NULL
        ) STRICT;

        CREATE TABLE visitors (
            code   TEXT NOT NULL,
            day    INTEGER NOT NULL,
            sketch BLOB NOT NULL
        ) STRICT;

        CREATE UNIQUE INDEX visitors_by_code ON visitors (code, day);
        CREATE INDEX visitors_by_day ON visitors (day);
        """;

    private readonly ILogger _logger;
    private readonly DatabaseBreakers _breakers;
    private readonly Lock _reading = new();
    private readonly SqlSession _reader;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _findDays;
    private readonly Lock _writing = new();
    private readonly SqlSession _writer;
    private readonly SqliteCommand _findToWrite;
    private readonly SqliteCommand _findDaysToWrite;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _deleteBefore;

    /// <exception cref="ShortenerException">The file cannot be opened, or is not a database of visitors.</exception>
    public VisitorStore(LinkDatabase file, ILogger<VisitorStore>? logger = null, CircuitBreakerSet<string>? breakers = null)
    {
        _breakers = new DatabaseBreakers(breakers, file);
        _logger = logger ?? NullLogger<VisitorStore>.Instance;
        try
        {
            _writer = new SqlSession(file);
            _writer.Write(() => Prepare(file.FullPath));
            Key = ReadKey(file.FullPath);
            _reader = new SqlSession(file);
        }
        catch (Exception exception)
        {
            _writer?.Dispose();
            if (exception is SqliteException)
            {
                throw new ShortenerException($"Cannot open the database {file.FullPath}: {exception.Message}", exception);
            }

            throw;
        }

        const string Find = "SELECT day, sketch FROM visitors WHERE code = $code AND day = $day";
        const string FindDays = "SELECT day, sketch FROM visitors WHERE code = $code AND day >= $from";
        _find = _reader.Command(Find, "$code", "$day");
        _findDays = _reader.Command(FindDays, "$code", "$from");
        _findToWrite = _writer.Command(Find, "$code", "$day");
        _findDaysToWrite = _writer.Command(FindDays, "$code", "$from");
        _put = _writer.Command(
            """
            INSERT INTO visitors (code, day, sketch) VALUES ($code, $day, $sketch)
            ON CONFLICT (code, day) DO UPDATE SET sketch = excluded.sketch
            """,
            "$code", "$day", "$sketch");
        _deleteBefore = _writer.Command(
            $"""
            DELETE FROM visitors WHERE rowid IN (
                SELECT rowid FROM visitors WHERE day > {AllDays} AND day < $first LIMIT {DeletedAtOnce})
            """,
            "$first");
    }

    /// <summary>Gets the key of <see cref="VisitorIds"/>: random, made with the file and kept in it, so that all servers
    /// and all days take a visitor for the same one.</summary>
    public byte[] Key { get; }

    /// <summary>Makes an empty sketch of the kind that is stored.</summary>
    public static HyperLogLog NewSketch() => new(Precision);

    /// <summary>Finds the visitors of a link on all days.</summary>
    public HyperLogLog? FindTotal(string code) => Read(() => FindTotal(_find, _findDays, code));

    /// <summary>Finds the visitors of a link on each day from one on.</summary>
    public IReadOnlyList<(int Day, HyperLogLog Sketch)> FindDays(string code, int from) =>
        Read(() => ReadSound(_findDays, code, from).ToList());

    /// <summary>Unites sketches with what is stored of their days, and of all days, in one transaction. The sketches learn
    /// in turn what is stored of their day, which other servers may have seen.</summary>
    public void Unite(IReadOnlyList<(string Code, int Day, HyperLogLog Sketch)> visitors)
    {
        lock (_writing)
        {
            _writer.Write(() =>
            {
                foreach ((string code, int day, HyperLogLog sketch) in visitors)
                {
                    foreach ((_, HyperLogLog stored) in ReadSound(_findToWrite, code, day))
                    {
                        sketch.UnionWith(stored);
                    }

                    HyperLogLog now = sketch.Reduce(sketch.Precision); // a copy: visitors may be coming, and both rows need the same
                    HyperLogLog all = FindTotal(_findToWrite, _findDaysToWrite, code) ?? NewSketch();
                    all.UnionWith(now);
                    SqlSession.Execute(_put, code, day, now.ToBytes());
                    SqlSession.Execute(_put, code, AllDays, all.ToBytes());
                }
            });
        }
    }

    /// <summary>Deletes the days before one, but not their part in <see cref="AllDays"/>.</summary>
    public void DeleteDaysBefore(int first)
    {
        int deleted;
        do
        {
            lock (_writing)
            {
                deleted = SqlSession.Execute(_deleteBefore, first);
            }
        }
        while (deleted == DeletedAtOnce);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    // For requests; what is stored in the background goes past the breakers, as it waits in memory meanwhile.
    private T Read<T>(Func<T> read) => _breakers.Read(() =>
    {
        lock (_reading)
        {
            return read();
        }
    });

    private void Prepare(string path)
    {
        long application = Number("PRAGMA application_id");
        if (application == 0 && Number("SELECT count(*) FROM sqlite_schema") == 0)
        {
            SqlSession.Execute(_writer.Command(Schema));
            SqlSession.Execute(
                _writer.Command("INSERT INTO secret (key) VALUES ($key)", "$key"), RandomNumberGenerator.GetBytes(VisitorIds.KeyBytes));
            SqlSession.Execute(_writer.Command($"PRAGMA application_id = {ApplicationId}"));
            SqlSession.Execute(_writer.Command($"PRAGMA user_version = {Version}"));
        }
        else if (application != ApplicationId || Number("PRAGMA user_version") != Version)
        {
            throw new ShortenerException($"The file {path} is not a database of visitors that this program understands.");
        }
    }

    private long Number(string sql) => SqlSession.ReadAll(_writer.Command(sql), row => row.GetInt64(0)).Single();

    private byte[] ReadKey(string path) =>
        SqlSession.ReadAll(_writer.Command("SELECT key FROM secret"), row => row.GetFieldValue<byte[]>(0)) is [{ Length: VisitorIds.KeyBytes } key]
            ? key
            : throw new ShortenerException($"The database {path} is damaged: it has no valid key. Without the file, visitors are counted anew.");

    private HyperLogLog? FindTotal(SqliteCommand find, SqliteCommand findDays, string code)
    {
        switch (Read(find, code, AllDays))
        {
            case []:
                return null;
            case [(_, { } total)]:
                return total;
            default:
                HyperLogLog again = NewSketch();
                foreach ((_, HyperLogLog sketch) in ReadSound(findDays, code, AllDays + 1))
                {
                    again.UnionWith(sketch);
                }

                return again;
        }
    }

    private IEnumerable<(int Day, HyperLogLog Sketch)> ReadSound(SqliteCommand find, string code, int day) =>
        Read(find, code, day).Where(row => row.Sketch is not null).Select(row => (row.Day, row.Sketch!));

    // No sketch where it is damaged.
    private List<(int Day, HyperLogLog? Sketch)> Read(SqliteCommand find, string code, int day) => SqlSession.ReadAll(
        find,
        row =>
        {
            int found = row.GetInt32(0);
            try
            {
                return (found, (HyperLogLog?)HyperLogLog.FromBytes(row.GetFieldValue<byte[]>(1)));
            }
            catch (FormatException exception)
            {
                _logger.LogWarning(exception, "The stored visitors of link {Code} on day {Day} are damaged and not counted.", code, found);
                return (found, null);
            }
        },
        code,
        day);
}
