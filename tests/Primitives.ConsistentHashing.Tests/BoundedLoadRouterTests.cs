using System.Text;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class BoundedLoadRouterTests
{
    // Whatever the sums of the weights, the capacities must be those of exact integers: the factors are quarters and the
    // weights are whole, so every product is exact in double precision, and the one division must not spoil it.
    private static readonly HashRing<string>[] Rings =
    [
        Ring(("a", 1), ("b", 1), ("c", 2)),
        Ring(("a", 1), ("c", 2), ("d", 1), ("e", 4)),
        Ring(("b", 1), ("d", 1)),
        Ring(("a", 4), ("b", 1), ("c", 1), ("d", 1), ("e", 1)),
        Ring(("f", 1)),
        Ring(("a", 1), ("b", 1), ("d", 1)),
        Ring(("a", 3), ("b", 5), ("c", 2), ("e", 1)),
        Ring(("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1), ("f", 1), ("g", 1)),
        Ring(("b", 10), ("c", 7), ("g", 30)),
    ];

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(16)]
    public void Any_sequence_of_leases_and_rings_goes_as_in_the_definition(int quarters) =>
        PropertyTest.CheckSequence(
            Gen.Choose(0, 99).Two(),
            operations =>
            {
                var router = new HashRingRouter<string>(Rings[0]);
                var bounded = new BoundedLoadRouter<string>(router, quarters / 4.0);
                var model = new NaiveBoundedLoads(quarters);
                model.Use(Rings[0]);
                var leases = new List<NodeLease<string>>();
                foreach ((int what, int which) in operations)
                {
                    if (what < 60)
                    {
                        ulong hash = router.Ring.HashOf(which % 7); // few keys, so that they overflow
                        leases.Add(bounded.AcquireByHash(hash));
                        Assert.Equal(model.Acquire(hash), leases[^1].Node);
                    }
                    else if (what < 94 && leases.Count > 0)
                    {
                        NodeLease<string> lease = leases[which % leases.Count];
                        leases.Remove(lease);
                        lease.Dispose();
                        model.Release(lease.Node);
                    }
                    else
                    {
                        HashRing<string> next = Rings[which % Rings.Length];
                        router.Update(_ => next);
                        model.Use(next);
                    }

                    AssertAsInModel(router, bounded, model);
                }

                leases.ForEach(lease => lease.Dispose());
                Assert.Equal(0, bounded.InFlight);
                Assert.All(bounded.GetLoads(), load => Assert.Equal(0, load.InFlight));
            },
            count: 200);

    /// <summary>Each load is driven to its capacity by one key alone, at every number of leases in flight.</summary>
    [Theory]
    [InlineData(5, new[] { 1, 1, 1 })]
    [InlineData(5, new[] { 3, 5, 2, 1 })]
    [InlineData(6, new[] { 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData(5, new[] { 10, 7, 30 })]
    [InlineData(12, new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })]
    [InlineData(5, new[] { 99_991, 65_537, 70_001, 3 })]
    public void Capacities_are_exact_whatever_the_sum_of_the_weights(int quarters, int[] weights)
    {
        HashRing<int> ring = HashRing<int>.Create(
            [.. weights.Select((weight, i) => new RingNode<int>($"n{i}", i, weight))], RingPoints.Envoy());
        var bounded = new BoundedLoadRouter<int>(new HashRingRouter<int>(ring), quarters / 4.0);
        long[] loads = new long[weights.Length];
        long sum = weights.Sum(weight => (long)weight);
        int full = 0;
        for (long leases = 1; leases <= 2_000; leases++)
        {
            int node = bounded.Acquire(7).Node;
            loads[node]++;
            Assert.True(loads[node] <= Capacity(node), $"{loads[node]} of {leases} on {node}");
            full += loads[node] == Capacity(node) ? 1 : 0;
            IReadOnlyList<NodeLoad<int>> told = bounded.GetLoads();
            Assert.All(told, load => Assert.Equal((loads[load.Node.Value], Ceiling(load.Node.Value, leases + 1)), (load.InFlight, load.Capacity)));

            long Capacity(int i) => Ceiling(i, leases);
        }

        Assert.InRange(full, 100, 2_000); // the bound was met, not only kept

        long Ceiling(int i, long leases) => ((quarters * leases * weights[i]) + (4 * sum) - 1) / (4 * sum);
    }

    [Fact]
    public void A_lease_takes_40_bytes_and_nothing_else_is_allocated()
    {
        HashRing<string> ring = Rings[3];
        var router = new HashRingRouter<string>(ring);
        var bounded = new BoundedLoadRouter<string>(router);
        NodeLease<string>[] held = [.. Enumerable.Range(0, 20).Select(key => bounded.Acquire(key))]; // so that keys overflow

        Assert.Equal(40, Allocation.BytesPerCall(() => bounded.Acquire("key").Dispose()));
        Assert.Equal(40, Allocation.BytesPerCall(() => bounded.Acquire("key"u8).Dispose()));
        Assert.Equal(40, Allocation.BytesPerCall(() => bounded.Acquire(7L).Dispose()));
        Assert.Equal(40, Allocation.BytesPerCall(() => bounded.Acquire(7UL).Dispose()));
        Assert.Equal(40, Allocation.BytesPerCall(() => bounded.Acquire(Guid.Empty).Dispose()));
        Assert.Equal(40, Allocation.BytesPerCall(() => bounded.AcquireByHash(7).Dispose()));
        int inFlight = 0;
        Allocation.AssertNone(() => inFlight = bounded.InFlight);
        Assert.Equal(held.Length, inFlight);
    }

    [Fact]
    public void With_room_everywhere_every_form_of_key_goes_to_its_own_node()
    {
        HashRing<string> ring = Rings[3];
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(ring), 1_000);
        for (int key = 0; key < 200; key++)
        {
            string text = $"key-{key}";
            Guid guid = new(key, 0, 0, new byte[8]);

            Assert.Equal(ring.GetNode(text), bounded.Acquire(text).Node);
            Assert.Equal(ring.GetNode(text), bounded.Acquire(Encoding.UTF8.GetBytes(text)).Node);
            Assert.Equal(ring.GetNode(key), bounded.Acquire((long)key).Node);
            Assert.Equal(ring.GetNode(key), bounded.Acquire((ulong)key).Node);
            Assert.Equal(ring.GetNode(guid), bounded.Acquire(guid).Node);
            Assert.Equal(ring.GetNode(text), bounded.AcquireByHash(ring.HashOf(text)).Node);
        }

        Assert.Equal(1_200, bounded.InFlight);
    }

    [Fact]
    public void A_key_in_demand_spills_over_in_the_order_of_the_ring()
    {
        HashRing<string> ring = HashRing<string>.Create([new("a", "a"), new("b", "b"), new("c", "c"), new("d", "d")]);
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(ring), 1.5);
        string[] order = new string[4];
        Assert.Equal(4, ring.GetNodes("hot", order));

        // Capacities ceil(1.5 * m / 4): 1 up to m = 2, 2 up to m = 5, then 3.
        string[] granted = [.. Enumerable.Range(0, 6).Select(_ => bounded.Acquire("hot").Node)];

        Assert.Equal([order[0], order[1], order[0], order[1], order[2], order[0]], granted);
    }

    [Fact]
    public void Disposing_twice_counts_once()
    {
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(Rings[0]));
        NodeLease<string> first = bounded.Acquire(1);
        NodeLease<string> second = bounded.Acquire(2);

        first.Dispose();
        first.Dispose();

        Assert.Equal(1, bounded.InFlight);
        second.Dispose();
        Assert.Equal(0, bounded.InFlight);
        Assert.All(bounded.GetLoads(), load => Assert.Equal(0, load.InFlight));
    }

    [Fact]
    public void A_node_that_leaves_takes_its_leases_out_of_the_count_and_brings_them_back()
    {
        HashRing<string> ring = Ring(("a", 1), ("b", 1));
        var router = new HashRingRouter<string>(ring);
        var bounded = new BoundedLoadRouter<string>(router, 2);
        NodeLease<string>[] leases = [.. Enumerable.Range(0, 20).Select(key => bounded.Acquire(key))];
        NodeLease<string>[] onA = [.. leases.Where(lease => lease.Node == "a")];
        int onB = leases.Length - onA.Length;
        Assert.True(onA.Length > 1 && onB > 1);

        router.Update(r => r.Remove("a"));
        Assert.Equal(onB, bounded.InFlight);
        Assert.Equal(["b"], bounded.GetLoads().Select(load => load.Node.Name));

        onA[0].Dispose(); // while its node is away
        Assert.Equal(onB, bounded.InFlight);

        router.Update(r => r.Add(new("a", "a")));
        Assert.Equal(leases.Length - 1, bounded.InFlight);
        Assert.Equal([onA.Length - 1, onB], bounded.GetLoads().Select(load => load.InFlight));

        Array.ForEach(leases, lease => lease.Dispose());
        Assert.Equal(0, bounded.InFlight);
    }

    [Fact]
    public void A_node_that_left_and_was_idle_comes_back_idle()
    {
        var router = new HashRingRouter<string>(Ring(("a", 1)));
        var bounded = new BoundedLoadRouter<string>(router);
        NodeLease<string> lease = bounded.Acquire(1);
        router.Update(ring => ring.Add(new("b", "b")).Remove("a"));
        Assert.Equal(0, bounded.InFlight);
        lease.Dispose(); // the last of a node that is away
        router.Update(ring => ring.Add(new("a", "a")));

        Assert.Equal([0, 0], bounded.GetLoads().Select(load => load.InFlight));
        using (bounded.Acquire(1))
        {
            Assert.Equal(1, bounded.InFlight);
        }

        Assert.Equal(0, bounded.InFlight);
    }

    [Fact]
    public void A_new_value_or_weight_keeps_the_leases_and_serves_the_next_ones()
    {
        var router = new HashRingRouter<string>(Ring(("a", 1)));
        var bounded = new BoundedLoadRouter<string>(router);
        NodeLease<string> before = bounded.Acquire(1);
        router.Update(ring => ring.Replace(new("a", "moved", 2)));
        NodeLease<string> after = bounded.Acquire(1);

        Assert.Equal(("a", "moved"), (before.Node, after.Node));
        Assert.Equal(2, bounded.InFlight);
    }

    [Fact]
    public void A_node_without_points_neither_serves_nor_counts_as_capacity()
    {
        HashRing<string> ring = HashRing<string>.Create(
            [new("a:1", "a", 1_000), new("b:1", "b", 1_000), new("tiny:1", "tiny", 1)], RingPoints.Ketama());
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(ring), 1.01);
        for (int i = 0; i < 100; i++)
        {
            bounded.Acquire("hot");
        }

        Assert.Equal(0, ring.Statistics.Shares[2].Points);
        IReadOnlyList<NodeLoad<string>> loads = bounded.GetLoads();
        Assert.Equal((0, 0), (loads[2].InFlight, loads[2].Capacity));
        Assert.Equal(52, loads[0].Capacity); // ceil(1.01 * 101 / 2)
        Assert.Equal(51, Math.Max(loads[0].InFlight, loads[1].InFlight)); // ceil(1.01 * 100 / 2)
    }

    [Fact]
    public void A_ring_without_nodes_grants_nothing_and_counts_nothing()
    {
        var router = new HashRingRouter<string>(HashRing<string>.Create([]));
        var bounded = new BoundedLoadRouter<string>(router);

        Assert.Throws<InvalidOperationException>(() => bounded.Acquire("key"));
        Assert.Equal(0, bounded.InFlight);
        Assert.Empty(bounded.GetLoads());

        router.Update(ring => ring.Add(new("a", "a")));
        NodeLease<string> lease = bounded.Acquire("key");
        router.Update(ring => ring.Remove("a"));
        Assert.Throws<InvalidOperationException>(() => bounded.Acquire("key"));
        Assert.Equal(0, bounded.InFlight);
        lease.Dispose();
        Assert.Equal(0, bounded.InFlight);
    }

    [Theory]
    [InlineData(1.0099)]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(1_000.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Factors_outside_their_range_are_refused(double factor) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(factor), () => new BoundedLoadRouter<string>(new HashRingRouter<string>(Rings[0]), factor));

    [Fact]
    public void Factors_reach_to_both_ends_and_are_a_quarter_above_one_unless_told()
    {
        var router = new HashRingRouter<string>(Rings[0]);

        Assert.Equal(1.25, new BoundedLoadRouter<string>(router).Factor);
        Assert.Equal(1.01, new BoundedLoadRouter<string>(router, 1.01).Factor);
        Assert.Equal(1_000, new BoundedLoadRouter<string>(router, 1_000).Factor);
        Assert.Throws<ArgumentNullException>("router", () => new BoundedLoadRouter<string>(null!));
    }

    private static void AssertAsInModel(HashRingRouter<string> router, BoundedLoadRouter<string> bounded, NaiveBoundedLoads model)
    {
        Assert.Equal(model.InFlight, bounded.InFlight);
        Assert.Equal(
            router.Ring.Members.Select(node => new NodeLoad<string>(node, model.LoadOf(node.Name), model.CapacityOf(node.Name))),
            bounded.GetLoads());
    }

    private static HashRing<string> Ring(params (string Name, double Weight)[] nodes) =>
        HashRing<string>.Create(Array.ConvertAll(nodes, node => new RingNode<string>(node.Name, node.Name, node.Weight)), 20);

    /// <summary>3 * (1 / 10.0) * 10 is a little above 3 in floating point; the capacity is 3 all the same.</summary>
    [Fact]
    public void Rounding_lifts_no_capacity_over_a_whole_number()
    {
        RingNode<int>[] nodes = [.. Enumerable.Range(0, 10).Select(i => new RingNode<int>($"n{i}", i))];
        var router = new BoundedLoadRouter<int>(new HashRingRouter<int>(HashRing<int>.Create(nodes)), factor: 3);
        for (int i = 0; i < 3_000; i++)
        {
            NodeLease<int> lease = router.AcquireByHash(StableHash.Compute(7)); // one key: its node is always full
            int inFlight = router.InFlight;
            int load = router.GetLoads().Single(other => other.Node.Value == lease.Node).InFlight;
            Assert.InRange(load, 1, ((3 * inFlight) + 9) / 10);
        }
    }
}
