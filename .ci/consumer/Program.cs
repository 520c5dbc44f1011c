using Microsoft.Extensions.DependencyInjection;
using Primitives;

// One use of every package, as a newcomer would write it, with what it must give.
Expect(StableHash.Compute("user:42") == 0x9FC1E605FA7174AA, "Primitives.Hashing");

Expect(Base62.Encode(ulong.MaxValue) == "LygHa16AHYF", "Primitives.Base62");
var codes = new ShortCodePermutation("a key of 16 bytes or more"u8, length: 7);
Expect(codes.Invert(codes.Permute(12345)) == 12345, "Primitives.Base62, codes");

using ServiceProvider services = new ServiceCollection()
    .AddSnowflakeIds(options => options.WorkerId = 7)
    .AddHashRing<int>(options =>
    {
        options.Nodes.Add(new("shard-0", 0));
        options.Nodes.Add(new("shard-1", 1));
    })
    .BuildServiceProvider();
var ids = services.GetRequiredService<SnowflakeGenerator>();
long first = ids.Next();
Expect(ids.Next() > first && ids.Layout.Decode(first).WorkerId == 7, "Primitives.Snowflake");

HashRing<int> ring = services.GetRequiredService<HashRingRouter<int>>().Ring;
RingDiff<int> diff = ring.Diff(ring.Add(new("shard-2", 2)));
Expect(ring.GetNode("user:42") is 0 or 1 && diff.Moves.All(move => move.To.Value == 2), "Primitives.ConsistentHashing");
BloomFilter seen = BloomFilter.Create(capacity: 1_000);
Expect(seen.Add("ada") && BloomFilter.FromBytes(seen.ToBytes()).Contains("ada") && !seen.Contains("grace"), "Primitives.BloomFilter");
using var prices = new LfuCache<string, int>(capacity: 2);
Expect(
    prices.GetOrAdd("tea", static _ => 3) == 3 && prices.GetOrAdd("tea", static _ => 4) == 3 && prices.TryGet("tea", out int price) && price == 3,
    "Primitives.Caching");
var visitors = new HyperLogLog();
visitors.Add("ada");
visitors.Add("grace");
Expect(Math.Round(HyperLogLog.FromBytes(visitors.ToBytes()).Estimate()) == 2, "Primitives.HyperLogLog");

static void Expect(bool condition, string what)
{
    if (!condition)
    {
        throw new InvalidOperationException($"{what} does not work.");
    }

    Console.WriteLine($"{what}: ok");
}
