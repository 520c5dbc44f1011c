using Primitives;

namespace UrlShortener;

/// <summary>Moves links between shards until they lie as a ring of another number of shards has them.</summary>
/// <remarks>The folder must be locked for this alone. The number that is aimed at is noted first and put into force last;
/// a reshard that ended in between, at whatever point, is finished by running it again.</remarks>
internal sealed class Resharder
{
    // An entry of plain_urls and the link it tells of may move at different times: nothing reads either meanwhile.
    private static readonly string[] Tables = ["plain_urls", "links"];

    private readonly ShardSet _shards;
    private readonly int _target;
    private readonly RingDiff<int> _diff;

    public Resharder(ShardSet shards, int target)
    {
        _shards = shards;
        _target = target;
        _diff = ShardRing.Create(shards.Count).Diff(ShardRing.Create(target));
        if (shards.Target is { } unfinished && unfinished != target)
        {
            throw new ShortenerException(
                $"A reshard to {unfinished} shards was begun and not finished; finish it first with: reshard {unfinished}");
        }

        IsResumed = shards.Target is not null;
        IdealFraction = 1 - ((double)Math.Min(shards.Count, target) / Math.Max(shards.Count, target));
    }

    /// <summary>Gets whether this finishes a reshard that was begun before.</summary>
    public bool IsResumed { get; }

    /// <summary>Gets the number of rows after which a batch ends.</summary>
    public int BatchSize { get; init; } = 10_000;

    /// <summary>Gets the part of all hashes that changes shard.</summary>
    public double Fraction => _diff.Fraction;

    /// <summary>Gets the part that would change shard if all shards were equal.</summary>
    public double IdealFraction { get; }

    /// <summary>Gets the number of links moved so far; a URL's entry is not counted.</summary>
    public long LinksMoved { get; private set; }

    /// <summary>Moves what has to move, until done or until cancelled.</summary>
    /// <param name="progress">Told, after each step that is durable, the part of the work that is done.</param>
    /// <param name="cancellationToken">Stops after the batch in hand; the rest is for the next run.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(Action<double> progress, CancellationToken cancellationToken)
    {
        if (_shards.Target is null)
        {
            _shards.BeginReshard(_target);
            progress(0);
        }

        double done = 0;
        foreach (IGrouping<(int From, int To), RingMove<int>> pair in _diff.Moves.GroupBy(move => (move.From.Value, move.To.Value)))
        {
            HashRange[] ranges = [.. pair.Select(move => new HashRange(move.Start, move.End))];
            foreach (string table in Tables)
            {
                using var mover = new RowMover(_shards.Database(pair.Key.From + 1), _shards.Database(pair.Key.To + 1), table);
                foreach ((List<HashRange> batch, double fraction) in Batches(mover, ranges))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    mover.Copy(batch);
                    progress(done);
                    int rows = mover.Delete(batch);
                    LinksMoved += table == "links" ? rows : 0;
                    done += fraction / (_diff.Fraction * Tables.Length);
                    progress(done);
                }
            }
        }

        _shards.FinishReshard();
    }

    // Many small ranges make one batch, and a large one makes several: rows are what a transaction costs.
    private IEnumerable<(List<HashRange> Ranges, double Fraction)> Batches(RowMover mover, HashRange[] ranges)
    {
        var batch = new List<HashRange>();
        int rows = 0;
        double fraction = 0;
        foreach (HashRange range in ranges)
        {
            HashRange rest = range;
            bool more = true;
            while (more)
            {
                (int found, ulong end) = mover.Measure(rest, BatchSize - rows);
                var part = new HashRange(rest.Start, end);
                more = end < rest.End;
                rest = new HashRange(end + 1, rest.End);
                rows += found;
                fraction += part.Fraction;
                if (found > 0)
                {
                    batch.Add(part);
                }

                if (rows >= BatchSize)
                {
                    yield return (batch, fraction);
                    batch = [];
                    rows = 0;
                    fraction = 0;
                }
            }
        }

        if (rows > 0)
        {
            yield return (batch, fraction);
        }
    }
}
