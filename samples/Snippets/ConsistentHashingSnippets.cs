using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

/// <summary>The code blocks in docs/consistent-hashing.md and in the package's README. Each method throws if it
/// does not do what the text around it says.</summary>
public static class ConsistentHashingSnippets
{
    public static void QuickStart()
    {
        #region quick-start
        HashRing<string> ring = HashRing<string>.Create(
        [
            new("cache-1", "10.0.0.1:11211"),
            new("cache-2", "10.0.0.2:11211"),
            new("cache-3", "10.0.0.3:11211", Weight: 2), // holds twice as much
        ]);

        string address = ring.GetNode("user:42");

        HashRing<string> larger = ring.Add(new("cache-4", "10.0.0.4:11211")); // ring itself is unchanged
        #endregion

        Check.That(address == ring.GetNode("user:42"u8), address);
        Check.That(ring.Diff(larger).Moves.All(move => move.To.Name == "cache-4"), "a new node takes keys, and nothing else moves");
        Check.That(ring.Statistics.Shares[2] is { Points: 320, Target: 0.5 }, "a weight of 2 is 320 points");
    }

    public static void Replicas()
    {
        HashRing<string> ring = HashRing<string>.Create(
        [
            new("db-1", "10.0.0.1"), new("db-2", "10.0.0.2"), new("db-3", "10.0.0.3"),
        ]);

        #region replicas
        ring = ring
            .Replace(new("db-1", "10.0.0.1", Zone: "north"))
            .Replace(new("db-2", "10.0.0.2", Zone: "north"))
            .Replace(new("db-3", "10.0.1.1", Zone: "south")); // a new address; its keys stay

        string[] replicas = new string[2];
        int count = ring.GetNodes("user:42", replicas, ReplicaSpread.Zones); // the owner, then one of the other zone
        #endregion

        Check.That(count == 2 && replicas[0] == ring.GetNode("user:42"), replicas[0]);
        Check.That(replicas.Contains("10.0.1.1"), "two zones, two replicas: one is in the south");
    }

    public static void DataMove()
    {
        HashRing<int> ring = HashRing<int>.Create([new("shard-0", 0), new("shard-1", 1), new("shard-2", 2)]);
        string[] keys = [.. Enumerable.Range(0, 1_000).Select(i => $"user:{i}")];
        Dictionary<string, int> placed = keys.ToDictionary(key => key, key => ring.GetNode(key));
        int copied = 0;

        void Copy(string key, int from, int to)
        {
            Check.That(placed[key] == from && from != to, key);
            placed[key] = to;
            copied++;
        }

        #region data-move
        HashRing<int> next = ring.Add(new("shard-3", 3));
        RingDiff<int> diff = ring.Diff(next);
        Console.WriteLine($"{diff.Fraction:P1} of the keys move, in {diff.Moves.Count} ranges");

        foreach (string key in keys)
        {
            if (diff.TryFind(ring.HashOf(key), out RingMove<int> move))
            {
                Copy(key, move.From.Value, move.To.Value);
            }
        }
        #endregion

        Check.That(keys.All(key => placed[key] == next.GetNode(key)), "every key is where the next ring looks for it");
        Check.That(diff.Fraction is > 0.2 and < 0.3 && copied is > 150 and < 350, $"{diff.Fraction} {copied}");
    }

    public static void Router()
    {
        IServiceCollection services = new ServiceCollection();

        #region router
        services.AddHashRing<Uri>(options =>
        {
            options.Nodes.Add(new("api-1", new Uri("http://10.0.0.1")));
            options.Nodes.Add(new("api-2", new Uri("http://10.0.0.2")));
        });
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        HashRingRouter<Uri> router = provider.GetRequiredService<HashRingRouter<Uri>>();

        #region update
        HashRing<Uri> ring = router.Ring;              // one whole ring, for as long as you keep it
        Uri target = ring.GetNode("user:42");

        router.Update(current => current.Remove("api-1")); // from any thread; no update is lost
        #endregion

        Check.That(ring.NodeCount == 2 && ring.Members.Any(node => node.Value == target), $"{target}");
        Check.That(router.Ring.NodeCount == 1, "the router has the new ring, the snapshot is the old one");
    }

    public static void BoundedLoads()
    {
        var router = new HashRingRouter<string>(HashRing<string>.Create([new("a", "10.0.0.1"), new("b", "10.0.0.2"), new("c", "10.0.0.3")]));

        #region bounded-loads
        var bounded = new BoundedLoadRouter<string>(router, factor: 1.25);

        using (NodeLease<string> lease = bounded.Acquire("a video that everybody wants"))
        {
            Console.WriteLine($"ask {lease.Node}"); // counts as work in flight there until disposed
        }
        #endregion

        Check.That(bounded.InFlight == 0, "the lease is back");
        NodeLease<string>[] hot = [.. Enumerable.Range(0, 12).Select(_ => bounded.Acquire("hot"))];
        Check.That(hot.GroupBy(lease => lease.Node).All(group => group.Count() <= 5), "ceil(1.25 * 12 / 3) is 5");
    }

    public static void HotKeys()
    {
        var router = new HashRingRouter<string>(HashRing<string>.Create([new("a", "10.0.0.1"), new("b", "10.0.0.2"), new("c", "10.0.0.3")]));
        var bounded = new BoundedLoadRouter<string>(router, factor: 1.25);

        #region hot-keys
        NodeLease<string>[] held = [.. Enumerable.Range(0, 12).Select(_ => bounded.Acquire("one and the same key"))];

        foreach (NodeLoad<string> load in bounded.GetLoads())
        {
            Console.WriteLine($"{load.Node.Name}: {load.InFlight}"); // 5, 2, 5: none has more than ceil(1.25 * 12 / 3)
        }

        Array.ForEach(held, lease => lease.Dispose());
        #endregion

        int[] loads = [.. held.CountBy(lease => lease.Node).OrderBy(node => node.Key, StringComparer.Ordinal).Select(node => node.Value)];
        Check.That(loads is [5, 2, 5] && bounded.InFlight == 0, string.Join(' ', loads));
    }

    public static void Maglev()
    {
        RingNode<string>[] nodes = [.. Enumerable.Range(0, 100).Select(i => new RingNode<string>($"backend-{i}", $"10.0.0.{i}"))];

        #region maglev
        MaglevTable<string> table = MaglevTable<string>.Create(nodes); // 65,537 slots, shared out evenly
        string backend = table.GetNode("10.1.2.3:55123");

        MaglevTable<string> next = MaglevTable<string>.Create(table.Members.Where(node => node.Name != "backend-7"));
        #endregion

        Check.That(nodes.Any(node => node.Value == backend), backend);
        int[] moved = [.. Enumerable.Range(0, 20_000).Where(key => table.GetNode(key) != next.GetNode(key))];
        Check.That(moved.Length is > 150 and < 600, $"1 % and about half a per cent more of the keys move: {moved.Length}");
        Check.That(moved.Any(key => table.GetNode(key) != "10.0.0.7"), "some keys move between nodes that stay");
    }

    public static void Jump()
    {
        #region jump
        int bucket = JumpHash.GetBucket("user:42", buckets: 16); // Guava's, of the key's XXH3
        int later = JumpHash.GetBucket("user:42", buckets: 17);  // the same, or 16
        #endregion

        Check.That(bucket is >= 0 and < 16 && (later == bucket || later == 16), $"{bucket} {later}");
    }

    public static void JumpBack()
    {
        #region jump-back
        ulong hash = StableHash.Compute("user:42");
        int shard = JumpBackHash.GetBucketByHash(hash, buckets: 1_000);
        int table = JumpBackHash.GetBucketByHash(StableHash.Remix(hash), buckets: 8); // within the shard: not the same bits again
        #endregion

        Check.That(shard == JumpBackHash.GetBucket("user:42", 1_000) && table is >= 0 and < 8, $"{shard} {table}");
    }

    public static void Rendezvous()
    {
        #region rendezvous
        RendezvousHash<string> stores = RendezvousHash<string>.Create(
        [
            new("store-1", "10.0.0.1", Zone: "north"),
            new("store-2", "10.0.0.2", Weight: 2.5, Zone: "north"), // gets 2.5 times as many keys
            new("store-3", "10.0.1.1", Zone: "south"),
        ]);

        string store = stores.GetNode("user:42");

        string[] replicas = new string[2];
        int count = stores.GetNodes("user:42", replicas, ReplicaSpread.Zones); // the best of each zone, the owner first
        #endregion

        Check.That(count == 2 && replicas[0] == store && replicas.Contains("10.0.1.1"), store);
        int heavy = Enumerable.Range(0, 45_000).Count(key => stores.GetNode(key) == "10.0.0.2");
        Check.That(heavy is > 24_400 and < 25_600, $"2.5 of 4.5 of the keys: {heavy}"); // 25,000 +- 5.7 sigma
    }

    public static void Ketama()
    {
        #region ketama
        HashRing<string> ring = HashRing<string>.Create(
            [new("cache-1.internal:11211", "10.0.0.1"), new("cache-2.internal:11211", "10.0.0.2")],
            RingPoints.Ketama(KetamaNaming.OmitDefaultPort)); // what libmemcached and twemproxy hash
        #endregion

        HashRing<int> sixtyOne = HashRing<int>.Create([.. Enumerable.Range(0, 61).Select(i => new RingNode<int>($"10.0.0.{i}:11212", i))], RingPoints.Ketama());
        Check.That(ring.PointCount == 320 && sixtyOne.PointCount == 61 * 156, $"{sixtyOne.PointCount}");
    }

    public static void Balance()
    {
        RingNode<int>[] nodes = [.. Enumerable.Range(0, 10).Select(i => new RingNode<int>($"shard-{i}", i))];

        #region balance
        HashRing<int> ring = HashRing<int>.Create(nodes, virtualNodes: 1_000);

        RingStatistics<int> balance = ring.Statistics; // exact, from the arcs
        Console.WriteLine($"the fullest node holds {balance.PeakToMean:0.00} of its share");
        #endregion

        Check.That(balance.PeakToMean is > 1 and < 1.15 && balance.CoefficientOfVariation < 0.06, $"{balance.PeakToMean}");
    }

    public static void HostileKeys()
    {
        HashRing<int> ring = HashRing<int>.Create([new("a", 0), new("b", 1)]);
        byte[] secret = new byte[32];

        #region hostile-keys
        Span<byte> mac = stackalloc byte[32];
        System.Security.Cryptography.HMACSHA256.HashData(secret, "user:42"u8, mac);
        int node = ring.GetNodeByHash(System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(mac));
        #endregion

        Check.That(node is 0 or 1, "a node of the ring");
    }
}
