using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.RingTestSetup;

namespace Primitives.Tests;

/// <summary>Preference lists: the nodes that hold the replicas of a key.</summary>
public class HashRingPreferenceTests
{
    [Fact]
    public void The_list_is_the_distinct_nodes_in_ring_order() =>
        PropertyTest.Check(NodeSets, Gen.Choose(0, 15), (nodes, wanted) =>
        {
            if (nodes.Length == 0)
            {
                return;
            }

            HashRing<string> ring = HashRing<string>.Create(ToNodes(nodes), 11);
            var naive = new NaiveRing(nodes, 11);
            for (int i = 0; i < 50; i++)
            {
                string[] list = List(ring, i, wanted, ReplicaSpread.Nodes);
                Assert.Equal(naive.NamesFrom(StableHash.Compute(i)).Take(wanted), list);
                if (wanted > 0)
                {
                    Assert.Equal(ring.GetNode(i), list[0]);
                }
            }
        });

    [Fact]
    public void Spread_over_zones_the_first_of_each_zone_come_first_and_then_the_rest_in_ring_order() =>
        PropertyTest.Check(NodeSets, Gen.Choose(1, 15), (nodes, wanted) =>
        {
            if (nodes.Length == 0)
            {
                return;
            }

            // Nodes without a zone count as one zone together.
            RingNode<string>[] zoned = [.. ToNodes(nodes).Select((node, i) => node with { Zone = (i % 4) switch { 0 => "a", 1 => "b", 2 => "a", _ => null } })];
            Dictionary<string, string> zones = zoned.ToDictionary(node => node.Name, node => node.Zone ?? "no zone");
            HashRing<string> ring = HashRing<string>.Create(zoned, 11);
            var naive = new NaiveRing(nodes, 11);
            for (int i = 0; i < 50; i++)
            {
                List<string> order = naive.NamesFrom(StableHash.Compute(i));
                string[] firsts = [.. order.DistinctBy(name => zones[name])];
                string[] list = List(ring, i, wanted, ReplicaSpread.Zones);
                Assert.Equal(firsts.Concat(order.Except(firsts)).Take(wanted), list);
            }
        });

    [Fact]
    public void Removing_a_node_takes_it_out_of_the_lists_and_leaves_the_others_in_order()
    {
        HashRing<string> ring = Ring(12, 20);
        HashRing<string> without = ring.Remove("node-5");
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(List(ring, i, 12, ReplicaSpread.Nodes).Where(name => name != "node-5"), List(without, i, 11, ReplicaSpread.Nodes));
        }
    }

    [Fact]
    public void Every_form_of_a_key_gives_the_list_of_its_hash()
    {
        HashRing<string> ring = Ring(12);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        var list = new string[3];
        string[] Of(Func<int> fill) => [.. list.Take(fill())];
        string[] Hashed(ulong hash) => Of(() => ring.GetNodesByHash(hash, list));
        Assert.Equal(Hashed(StableHash.Compute("key")), Of(() => ring.GetNodes("key", list)));
        Assert.Equal(Hashed(StableHash.Compute("key")), Of(() => ring.GetNodes("key"u8, list)));
        Assert.Equal(Hashed(StableHash.Compute(9)), Of(() => ring.GetNodes(9L, list)));
        Assert.Equal(Hashed(StableHash.Compute(9)), Of(() => ring.GetNodes(9UL, list)));
        Assert.Equal(Hashed(StableHash.Compute(guid)), Of(() => ring.GetNodes(guid, list)));
    }

    [Theory]
    [InlineData(12, 3)]
    [InlineData(12, 12)]
    [InlineData(300, 20)]
    [InlineData(8_192, 3)] // as many as are marked on the stack
    public void Lists_are_made_without_allocation(int nodes, int wanted)
    {
        HashRing<string> ring = HashRing<string>.Create(
            [.. Nodes(nodes).Select((node, i) => node with { Zone = (i % 4) switch { 3 => null, int zone => $"zone-{zone}" } })], 2);
        var list = new string[wanted];
        long key = 0;
        foreach (ReplicaSpread spread in Enum.GetValues<ReplicaSpread>())
        {
            ring.GetNodes(key, list, spread); // the zones are numbered when first asked for
            Allocation.AssertNone(() => ring.GetNodes(key++, list, spread));
            Allocation.AssertNone(() => ring.GetNodes((ulong)key, list, spread));
            Allocation.AssertNone(() => ring.GetNodes("key", list, spread));
            Allocation.AssertNone(() => ring.GetNodes("key"u8, list, spread));
            Allocation.AssertNone(() => ring.GetNodes(Guid.Empty, list, spread));
            Allocation.AssertNone(() => ring.GetNodesByHash((ulong)key << 40, list, spread));
        }
    }

    [Fact]
    public void More_nodes_than_fit_on_the_stack_and_unknown_spreads()
    {
        HashRing<string> ring = Ring(9_000, 1);
        string[] all = List(ring, 1, 20_000, ReplicaSpread.Nodes);
        Assert.Equal(9_000, all.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>("spread", () => ring.GetNodes("key", new string[1], (ReplicaSpread)7));
        Assert.Equal(0, ring.GetNodes("key", []));
    }

    private static string[] List(HashRing<string> ring, long key, int wanted, ReplicaSpread spread)
    {
        var list = new string[wanted];
        int written = ring.GetNodes(key, list, spread);
        Assert.Equal(Math.Min(wanted, ring.NodeCount), written);
        return list[..written];
    }
}
