using Primitives;

namespace UrlShortener;

/// <summary>
/// Every code there is, in a Bloom filter: a request for a code that does not exist is answered from memory, but for
/// one in a hundred.
/// </summary>
/// <remarks>
/// <para>Trusted only while this process is the only one that adds links (see <see cref="WriterPresence"/>) and has put
/// in all codes there are; until then, and while an import or another server runs, every code is looked up. A code is in
/// the filter before its link is committed, and links are never deleted, so nothing is ever taken out.</para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class KnownCodes
{
    /// <summary>The share of unknown codes that are looked up after all.</summary>
    public const double FalsePositiveRate = 0.01;

    private const int LeastCapacity = 100_000; // 130 KB
    private const int PageSize = 10_000;

    private readonly LinkShards _shards;
    private readonly WriterPresence _presence;
    private readonly KnownCodesFile _file;
    private readonly ScalableBloomFilter _filter;
    private readonly LinkState? _loaded; // the links there were when the file was written
    private bool _complete;
    private long _refused;

    /// <summary>Reads the filter that the last server left, or makes an empty one for twice the links there are.</summary>
    public KnownCodes(DataFolder folder, ShardSet set, LinkShards shards, WriterPresence presence)
    {
        (_shards, _presence) = (shards, presence);
        _file = new KnownCodesFile(folder.KnownCodes, set.CodeKey);
        if (_file.Load() is { } saved)
        {
            (_filter, _loaded) = saved;
        }
        else
        {
            _filter = ScalableBloomFilter.Create(Math.Max(LeastCapacity, 2 * shards.CountLinks()), FalsePositiveRate);
        }
    }

    /// <summary>Gets whether an unknown code is answered without looking it up.</summary>
    public bool IsTrusted => Volatile.Read(ref _complete) && _presence.IsAlone;

    /// <summary>Gets the number of codes in the filter.</summary>
    public long Count => _filter.Count;

    /// <summary>Gets the rate of false positives that the filter has now.</summary>
    public double Rate => _filter.ExpectedFalsePositiveRate;

    /// <summary>Gets the size of the filter in bytes.</summary>
    public long ByteCount => _filter.ByteCount;

    /// <summary>Gets how many codes were answered as unknown without looking them up.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Puts in the code of a link that is about to be committed.</summary>
    public void Add(string code) => _filter.Add(code);

    /// <summary>Tells whether a code has to be looked up; if not, there is no such link.</summary>
    public bool MayExist(string code)
    {
        // In this order: a filter that is not complete yet may become so between the two.
        if (!IsTrusted || _filter.Contains(code))
        {
            return true;
        }

        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>Makes the filter complete, if this process is the only one that adds links. One call at a time.</summary>
    /// <param name="progress">Told while codes are read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether the filter is trusted now, and how many codes had to be read for it.</returns>
    public (bool IsTrusted, long Read) Complete(Action<long, long> progress, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _complete, false);
        if (!_presence.TryClaim())
        {
            return (false, 0);
        }

        LinkState links = State();
        long read = 0;
        if (links != _loaded)
        {
            foreach (LinkShard shard in _shards.All)
            {
                read = ReadCodes(shard, read, links.Count, progress, cancellationToken);
            }
        }

        Volatile.Write(ref _complete, true);
        return (IsTrusted, read);
    }

    /// <summary>Writes the filter for the next start, if it is trusted.</summary>
    public void Save()
    {
        // First: links that come after have their codes in the filter, and the next start then finds more.
        LinkState links = State();
        if (IsTrusted)
        {
            _file.Save(_filter, links);
        }
    }

    private LinkState State() => new(_shards.CountLinks(), _shards.GreatestId());

    private long ReadCodes(LinkShard shard, long read, long links, Action<long, long> progress, CancellationToken cancellationToken)
    {
        // New links may have ids below the last one read; they are this process's, and so in the filter.
        IReadOnlyList<(long Id, string Code)> page;
        long after = long.MinValue;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            page = shard.ReadRegardless(session => session.Codes(after, PageSize));
            foreach ((long id, string code) in page)
            {
                _filter.Add(code);
                after = id;
            }

            read += page.Count;
            progress(read, links);
        }
        while (page.Count == PageSize);
        return read;
    }
}
