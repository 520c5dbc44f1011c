using Primitives;

namespace UrlShortener;

/// <summary>Makes the ring of a number of shards.</summary>
internal static class ShardRing
{
    /// <summary>The most shards there can be: each costs a server a few open files.</summary>
    public const int MaxShards = 64;

    /// <summary>Makes the ring; a lookup gives the shard's index, counted from 0. A shard's place depends on its number
    /// alone, so that another one takes from each of these only what is to be its own.</summary>
    public static HashRing<int> Create(int shards) =>
        HashRing<int>.Create([.. Enumerable.Range(1, shards).Select(number => new RingNode<int>($"shard-{number}", number - 1))]);
}
