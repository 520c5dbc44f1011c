using Primitives;

namespace UrlShortener;

/// <summary>The shards in use, and which of them a code or a URL belongs to. Thread-safe.</summary>
internal sealed class LinkShards : IDisposable
{
    private readonly HashRing<int> _ring;
    private readonly LinkShard[] _shards;
    private long _lookups;

    /// <param name="set">The files.</param>
    /// <param name="breakers">The breakers of <see cref="DatabaseBreakers"/>; <see langword="null"/> for none.</param>
    public LinkShards(ShardSet set, CircuitBreakerSet<string>? breakers = null)
    {
        _ring = ShardRing.Create(set.Count);
        _shards = [.. Enumerable.Range(1, set.Count).Select(number => new LinkShard(set.Database(number), breakers))];
    }

    public IReadOnlyList<LinkShard> All => _shards;

    /// <summary>Gives the shard of a code or of a URL.</summary>
    public LinkShard Of(string key) => _shards[_ring.GetNodeByHash(RingHash.Of(key))];

    /// <summary>Gets how often a code was looked up.</summary>
    public long Lookups => Interlocked.Read(ref _lookups);

    /// <summary>Finds the link of a code.</summary>
    public Link? Find(string code)
    {
        Interlocked.Increment(ref _lookups);
        return Of(code).Read(session => session.Find(code));
    }

    /// <summary>Reads a link of each shard, past the breakers, and throws if that fails.</summary>
    public void Check() => Array.ForEach(_shards, shard => shard.ReadRegardless(session => session.Latest(1)));

    /// <summary>Counts the links, by reading an index of each shard.</summary>
    public long CountLinks() => _shards.Sum(shard => shard.ReadRegardless(session => session.Count()));

    /// <summary>Gets the greatest id of a link; 0 if there is none.</summary>
    public long GreatestId() => _shards.Max(shard => shard.Read(session => session.GreatestId()));

    public void Dispose()
    {
        foreach (LinkShard shard in _shards)
        {
            shard.Dispose();
        }
    }
}
