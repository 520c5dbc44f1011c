using System.Globalization;
using System.Runtime.CompilerServices;

namespace Primitives.Evaluation;

/// <summary>The ring against the search a user would write: balance, moves, bounded loads; then lookups and changes.</summary>
internal static class ConsistentHashingArea
{
    public static readonly Area Area = new("consistent-hashing", Accuracy, Speed);

    private const int Seeds = 200;

    private static void Accuracy(Scorecard card)
    {
        card.AtMost("ring, BinarySearch and SortedDictionary disagree, 20,000 hashes", new RingRival(100).Disagreements(20_000), 0, "hashes");
        Balance(card);
        Weights(card);
        Moves(card);
        BoundedLoads(card);
        Bytes(card);
        Memory(card);
        TablesMeasures.Accuracy(card);
    }

    // The targets are those of a lookup by a hash that is ready, as in the prototypes that they come from. A key costs its
    // hash on top, about as much as half a lookup, which weighs little in a search of 80 ns: hence the lines without target.
    private static void Speed(Scorecard card)
    {
        foreach ((int nodes, double throughput, double latency) in ((int, double, double)[])[(10, 15, 4), (100, 20, 4), (1_000, 12, 1.5)])
        {
            var rival = new RingRival(nodes);
            RatioResult hash = Ratio.Of(rival.RingByHash, rival.SearchByHash);
            card.AtLeast($"{nodes:N0} nodes: GetNodeByHash, throughput over BinarySearch", hash.Speedup, throughput, "x", hash.Note);
            RatioResult chain = Ratio.Of(rival.RingChain, rival.SearchChain);
            card.AtLeast($"{nodes:N0} nodes: GetNodeByHash, chained latency over BinarySearch", chain.Speedup, latency, "x", chain.Note);
            RatioResult key = Ratio.Of(rival.RingByKey, rival.SearchByKey);
            card.Inform(
                $"{nodes:N0} nodes: GetNode(ulong), which hashes its key, over hash and BinarySearch", key.Speedup, "x", key.Note);

            RatioResult scan = Ratio.Of(rival.RingByHash, rival.ScanByHash);
            card.AtLeast($"{nodes:N0} nodes: GetNodeByHash, throughput over a SortedDictionary scan", scan.Speedup, 500, "x", scan.Note);
        }

        RingNode<int>[] members = Nodes("", 1_000);
        var added = new RingNode<int>("one more", -1);
        HashRing<int> ring = HashRing<int>.Create(members);
        RatioResult add = Ratio.Of(
            n => Repeat(n, _ => ring.Add(added).PointCount),
            n => Repeat(n, _ => RingRival.Rebuild(members, added)));
        RatioResult create = Ratio.Of(
            n => Repeat(n, _ => ring.Add(added).PointCount),
            n => Repeat(n, _ => HashRing<int>.Create([.. members, added]).PointCount));
        card.AtMost("adding a node to 1,000, against hashing and sorting all points anew", add.Value, 0.1, "x", add.Note);
        card.Inform("the same, against HashRing.Create, which sorts by counting", create.Value, "x", create.Note);
        TablesMeasures.Speed(card);
    }

    private static void Balance(Scorecard card)
    {
        foreach ((int nodes, double target) in ((int, double)[])[(10, 1.13), (100, 1.23), (1_000, 1.28)])
        {
            double mean = Enumerable.Range(0, Seeds)
                .Average(seed => HashRing<int>.Create(Nodes($"{seed}/", nodes)).Statistics.PeakToMean);
            card.AtMost($"{nodes:N0} nodes: peak over mean share, mean of {Seeds} sets of names", mean, target, "", "exact arcs, 160 points");
        }
    }

    /// <summary>Distances of shares from their weights, in units of 1 / sqrt(points), the standard deviation.</summary>
    private static void Weights(Scorecard card)
    {
        double[][] deviations = [.. Enumerable.Range(0, Seeds).Select(seed => HashRing<int>
            .Create([.. Nodes($"{seed}/", 10).Select(node => node with { Weight = node.Value + 1 })])
            .Statistics.Shares.Select(share => Math.Abs(share.Load - 1) * Math.Sqrt(share.Points)).ToArray())];
        card.AtMost("weights 1 to 10: worst distance of a share from its weight, in 1/sqrt(points)", deviations[0].Max(), 3, "", "first set of names");
        double beyond = deviations.Sum(set => set.Count(deviation => deviation > 3)) / (Seeds * 10.0);
        card.AtMost($"the same of {Seeds} sets of names: shares further off than 3", 100 * beyond, 0.3, "%", "0.27 % of a normal distribution");
    }

    private static void Moves(Scorecard card)
    {
        const int Keys = 1_000_000;
        const int Removed = 37;
        HashRing<int> before = HashRing<int>.Create(Nodes("", 100));
        HashRing<int> after = before.Remove($"node-{Removed}");
        RingDiff<int> diff = before.Diff(after);
        int moved = 0;
        int unnecessary = 0;
        int unforeseen = 0;
        for (ulong key = 0; key < Keys; key++)
        {
            int from = before.GetNode(key);
            bool moves = from != after.GetNode(key);
            moved += moves ? 1 : 0;
            unnecessary += moves && from != Removed ? 1 : 0;
            unforeseen += moves != diff.TryFind(before.HashOf(key), out _) ? 1 : 0;
        }

        string note = string.Create(CultureInfo.InvariantCulture, $"{moved:N0} of {Keys:N0} keys move");
        card.AtMost("removing one of 100 nodes: keys of other nodes that move", unnecessary, 0, "keys", note);
        card.AtMost("the same: keys about which Diff is wrong", unforeseen, 0, "keys", note);
    }

    private static void BoundedLoads(Scorecard card)
    {
        const int Leases = 100_000;
        const int Sets = 20;
        Overflow filling = default;
        Overflow held = default;
        for (int seed = 0; seed < Sets; seed++)
        {
            HashRing<int> ring = HashRing<int>.Create(Nodes($"{seed}/", 100));
            (Overflow first, Overflow then) = FillAndReplace(ring, Leases);
            filling += first;
            held += then;
        }

        string fromZero = string.Create(
            CultureInfo.InvariantCulture,
            $"mean of {Sets} sets of names; {100.0 * filling.Count / Sets / Leases:0.00} % while the leases grow from 0, when a node may have one or two");
        card.AtMost(
            "bounded loads 1.25, 100 nodes, 100,000 leases held: overflow", 100.0 * held.Count / Sets / Leases, 0.1, "%", fromZero);
        card.AtMost("the same, and from 0 up: overflow though the own node had room", filling.Needless + held.Needless, 0, "leases");
        card.AtMost("the same: leases granted beyond the capacity", filling.Exceeded + held.Exceeded, 0, "leases");
    }

    /// <summary>Grants leases from none up, then replaces each by that of a new key, the oldest first, and keeps count
    /// beside the router.</summary>
    private static (Overflow Filling, Overflow Held) FillAndReplace(HashRing<int> ring, int leases)
    {
        var router = new BoundedLoadRouter<int>(new HashRingRouter<int>(ring), factor: 1.25);
        var held = new NodeLease<int>[leases];
        int[] loads = new int[ring.NodeCount];
        var overflows = new Overflow[2];
        for (int i = 0; i < 2 * leases; i++)
        {
            ref NodeLease<int> place = ref held[i % leases];
            if (place is not null)
            {
                loads[place.Node]--;
                place.Dispose();
            }

            place = router.Acquire((ulong)i);
            int own = ring.GetNode((ulong)i);
            int capacity = ((5 * Math.Min(i + 1, leases)) + (4 * loads.Length) - 1) / (4 * loads.Length); // ceil(1.25 m / n)
            bool left = place.Node != own;
            bool hadRoom = loads[own] < capacity;
            loads[place.Node]++;
            overflows[i / leases] += new Overflow(left ? 1 : 0, left && hadRoom ? 1 : 0, loads[place.Node] > capacity ? 1 : 0);
        }

        return (overflows[0], overflows[1]);
    }

    private static void Bytes(Scorecard card)
    {
        HashRing<int> ring = HashRing<int>.Create([.. Nodes("", 100).Select(node => node with { Zone = $"zone-{node.Value % 3}" })]);
        HashRing<int> ketama = HashRing<int>.Create(Nodes("", 100), RingPoints.Ketama());
        RingDiff<int> diff = ring.Diff(ring.Remove("node-37"));
        string text = new('ю', 100);
        card.AtMost("bytes allocated: GetNodeByHash", Allocated.BytesPerOperation(n => Repeat(n, i => ring.GetNodeByHash((ulong)i << 40))), 0, "B");
        card.AtMost("bytes allocated: GetNode(ulong)", Allocated.BytesPerOperation(n => Repeat(n, i => ring.GetNode((ulong)i))), 0, "B");
        card.AtMost("bytes allocated: GetNode(text)", Allocated.BytesPerOperation(n => Repeat(n, _ => ring.GetNode(text))), 0, "B");
        card.AtMost("bytes allocated: GetNode(text), ketama", Allocated.BytesPerOperation(n => Repeat(n, _ => ketama.GetNode(text))), 0, "B");
        card.AtMost("bytes allocated: RingDiff.TryFind", Allocated.BytesPerOperation(n => Repeat(n, i => diff.TryFind((ulong)i << 50, out _) ? 1 : 0)), 0, "B");
        foreach (ReplicaSpread spread in Enum.GetValues<ReplicaSpread>())
        {
            double bytes = Allocated.BytesPerOperation(n => Repeat(n, i =>
            {
                Span<int> replicas = stackalloc int[3];
                return ring.GetNodes((ulong)i, replicas, spread);
            }));
            card.AtMost($"bytes allocated: GetNodes, 3 spread over {spread.ToString().ToLowerInvariant()}", bytes, 0, "B");
        }
    }

    private static void Memory(Scorecard card)
    {
        foreach ((int nodes, int rings, double target) in ((int, int, double)[])[(10, 1_000, 5_000), (100, 100, 5_000), (1_000, 10, 2_500)])
        {
            HashRing<int>[] held = new HashRing<int>[rings];
            Fill(held, 1); // whatever the runtime allocates once, it allocates here
            Array.Clear(held);
            long before = GC.GetTotalMemory(forceFullCollection: true);
            Fill(held, nodes);
            long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            GC.KeepAlive(held);
            card.AtMost(
                $"{nodes:N0} nodes: live memory for each", (double)bytes / rings / nodes, target, "B",
                $"growth of GC.GetTotalMemory by {rings:N0} rings, names included");
        }
    }

    // Not inlined, so that no ring but those in the array is alive afterwards.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill(HashRing<int>[] rings, int nodes)
    {
        for (int i = 0; i < rings.Length; i++)
        {
            rings[i] = HashRing<int>.Create(Nodes("", nodes));
        }
    }

    private static RingNode<int>[] Nodes(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new RingNode<int>($"{prefix}node-{i}", i))];

    private static long Repeat(int n, Func<int, long> body)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += body(i);
        }

        return sum;
    }

    /// <summary>Leases not on their key's own node, those of them for which it had room, and those beyond a
    /// capacity.</summary>
    private readonly record struct Overflow(int Count, int Needless, int Exceeded)
    {
        public static Overflow operator +(Overflow left, Overflow right) =>
            new(left.Count + right.Count, left.Needless + right.Needless, left.Exceeded + right.Exceeded);
    }
}
