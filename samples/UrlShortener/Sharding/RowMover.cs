using Microsoft.Data.Sqlite;

namespace UrlShortener;

/// <summary>Moves the rows of one table from one shard to another, by ranges of their hash. Nothing else may use either
/// file meanwhile.</summary>
/// <remarks>Rows are copied and committed in the one file before they are deleted from the other: at every moment each
/// row is in at least one of them, and moving a range again finishes what was begun.</remarks>
internal sealed class RowMover : IDisposable
{
    private readonly SqlSession _session;
    private readonly SqliteCommand _measure;
    private readonly SqliteCommand _copy;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _hasRows;

    public RowMover(LinkDatabase from, LinkDatabase to, string table)
    {
        _session = new SqlSession(from);
        SqlSession.Execute(_session.Command("ATTACH $path AS destination", "$path"), to.FullPath);
        SqlSession.Execute(_session.Command("PRAGMA destination.synchronous = FULL"));

        const string InRange = "hash BETWEEN $start AND $end";
        _measure = _session.Command(
            $"SELECT count(*), max(hash) FROM (SELECT hash FROM main.{table} WHERE {InRange} ORDER BY hash LIMIT $limit)",
            "$start", "$end", "$limit");
        _copy = _session.Command(
            $"INSERT OR IGNORE INTO destination.{table} SELECT * FROM main.{table} WHERE {InRange}", "$start", "$end");

        // Only what has arrived: two different rows with one key would be damage, not a reason to lose one.
        _delete = _session.Command(
            $"""
            DELETE FROM main.{table} AS here WHERE {InRange} AND EXISTS (
                SELECT 1 FROM destination.{table} AS there
                WHERE there.id = here.id AND there.code = here.code AND there.url = here.url)
            """,
            "$start", "$end");
        _hasRows = _session.Command($"SELECT 1 FROM main.{table} WHERE {InRange} LIMIT 1", "$start", "$end");
    }

    /// <summary>Finds how much of a range holds a limited number of rows.</summary>
    /// <returns>The rows, and the last hash of the part of the range that holds them: the range's own if it has no
    /// more.</returns>
    public (int Rows, ulong End) Measure(HashRange range, int limit)
    {
        (long rows, long last) = SqlSession.ReadAll(
            _measure,
            row => (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1)),
            RingHash.ToColumn(range.Start),
            RingHash.ToColumn(range.End),
            limit).Single();
        return ((int)rows, rows < limit ? range.End : RingHash.FromColumn(last));
    }

    /// <summary>Copies rows, in one transaction. Those copied before are left as they are.</summary>
    public void Copy(IReadOnlyList<HashRange> ranges) => _session.Write(() =>
    {
        foreach (HashRange range in ranges)
        {
            Execute(_copy, range);
        }
    });

    /// <summary>Deletes rows that were copied, in one transaction.</summary>
    /// <returns>How many.</returns>
    public int Delete(IReadOnlyList<HashRange> ranges)
    {
        int rows = 0;
        _session.Write(() =>
        {
            foreach (HashRange range in ranges)
            {
                rows += Execute(_delete, range);
                if (SqlSession.ReadAll(
                    _hasRows, row => row.GetInt64(0), RingHash.ToColumn(range.Start), RingHash.ToColumn(range.End)).Count > 0)
                {
                    throw new ShortenerException("Two shards hold different links of one code or URL. Nothing of either is deleted.");
                }
            }
        });
        return rows;
    }

    public void Dispose() => _session.Dispose();

    private static int Execute(SqliteCommand command, HashRange range) =>
        SqlSession.Execute(command, RingHash.ToColumn(range.Start), RingHash.ToColumn(range.End));
}
