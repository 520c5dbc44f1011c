namespace Primitives.Evaluation;

/// <summary>The ring against the search a user would write: balance, moves, bounded loads; then lookups and changes.</summary>
internal static class ConsistentHashingArea
{
    public static readonly Area Area = new("consistent-hashing", Accuracy, Speed);

    private const int VirtualNodes = 160;

    private static void Accuracy(Scorecard card)
    {
    }

    private static void Speed(Scorecard card)
    {
        foreach ((int nodes, double throughput, double latency) in ((int, double, double)[])[(10, 15, 4), (100, 20, 4), (1_000, 12, 1.5)])
        {
            (HashRing<int> ring, ulong[] points, int[] owners) = Rings(nodes);
            int[] values = [.. ring.Members.Select(node => node.Value)];

            RatioResult hash = Ratio.Of(n => RingByHash(ring, n), n => BinarySearch(points, owners, values, n));
            card.AtLeast($"{nodes:N0} nodes: GetNodeByHash, throughput over BinarySearch", hash.Speedup, throughput, "x", hash.Note);
            RatioResult key = Ratio.Of(n => RingByKey(ring, n), n => BinarySearchByKey(points, owners, values, n));
            card.AtLeast($"{nodes:N0} nodes: GetNode(ulong), throughput over hash and BinarySearch", key.Speedup, throughput, "x", key.Note);
            RatioResult chain = Ratio.Of(n => RingChain(ring, n), n => BinarySearchChain(points, owners, values, n));
            card.AtLeast($"{nodes:N0} nodes: GetNodeByHash, chained latency over BinarySearch", chain.Speedup, latency, "x", chain.Note);
        }
    }

    private static (HashRing<int> Ring, ulong[] Points, int[] Owners) Rings(int nodes)
    {
        RingNode<int>[] members = [.. Enumerable.Range(0, nodes).Select(i => new RingNode<int>($"node-{i}", i))];
        HashRing<int> ring = HashRing<int>.Create(members, VirtualNodes);
        ulong[] points = new ulong[ring.PointCount];
        int[] owners = new int[ring.PointCount];
        int next = 0;
        for (int node = 0; node < nodes; node++)
        {
            // The documented rule: SplitMix64 from XXH3 of the name.
            ulong state = StableHash.Compute(ring.Members[node].Name);
            for (int i = 0; i < VirtualNodes; i++)
            {
                points[next] = StableHash.Remix(state);
                owners[next++] = node;
                state += 0x9E3779B97F4A7C15;
            }
        }

        Array.Sort(points, owners);
        return (ring, points, owners);
    }

    // Keys that cost one multiplication and that no cache or branch predictor learns; the high bits are random.
    private static ulong NextHash(ulong hash) => unchecked((hash * 6364136223846793005) + 1442695040888963407);

    private static int Owner(ulong[] points, int[] owners, int[] values, ulong hash)
    {
        int index = Array.BinarySearch(points, hash);
        index = index < 0 ? ~index : index;
        return values[owners[index < points.Length ? index : 0]];
    }

    private static long RingByHash(HashRing<int> ring, int n)
    {
        long sum = 0;
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash);
            sum += ring.GetNodeByHash(hash);
        }

        return sum;
    }

    private static long BinarySearch(ulong[] points, int[] owners, int[] values, int n)
    {
        long sum = 0;
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash);
            sum += Owner(points, owners, values, hash);
        }

        return sum;
    }

    private static long RingByKey(HashRing<int> ring, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += ring.GetNode((ulong)i);
        }

        return sum;
    }

    private static long BinarySearchByKey(ulong[] points, int[] owners, int[] values, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += Owner(points, owners, values, StableHash.Compute((ulong)i));
        }

        return sum;
    }

    // Each hash depends on the node found for the one before.
    private static long RingChain(HashRing<int> ring, int n)
    {
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash + (uint)ring.GetNodeByHash(hash));
        }

        return (long)hash;
    }

    private static long BinarySearchChain(ulong[] points, int[] owners, int[] values, int n)
    {
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash + (uint)Owner(points, owners, values, hash));
        }

        return (long)hash;
    }
}
