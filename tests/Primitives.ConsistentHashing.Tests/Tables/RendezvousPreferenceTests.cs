using System.Text;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class RendezvousPreferenceTests
{
    [Fact]
    public void Lists_are_the_bids_in_order() =>
        PropertyTest.Check(RendezvousHashTests.NodeSets, Gen.Choose(0, 60), (nodes, wanted) =>
        {
            var hashing = RendezvousHash<string>.Create(nodes);
            foreach (ulong hash in RendezvousHashTests.Hashes(20, nodes.Length))
            {
                RingNode<string>[] ranked = RendezvousReference.Rank(nodes, hash);
                AssertList(ranked, hashing, hash, wanted, ReplicaSpread.Nodes);
                AssertList(RendezvousReference.Spread(ranked), hashing, hash, wanted, ReplicaSpread.Zones);
            }
        }, count: 500);

    [Fact]
    public void Lists_of_equal_weights_are_the_draws_in_order() =>
        PropertyTest.Check(RendezvousHashTests.NodeSets, Gen.Choose(0, 60), (nodes, wanted) =>
        {
            nodes = [.. nodes.Select(node => node with { Weight = 7 })];
            var hashing = RendezvousHash<string>.Create(nodes);
            foreach (ulong hash in RendezvousHashTests.Hashes(20, nodes.Length))
            {
                RingNode<string>[] ranked = RendezvousReference.RankEquals(nodes, hash);
                AssertList(ranked, hashing, hash, wanted, ReplicaSpread.Nodes);
                AssertList(RendezvousReference.Spread(ranked), hashing, hash, wanted, ReplicaSpread.Zones);
            }
        }, count: 200);

    [Fact]
    public void The_first_of_a_list_is_the_owner() =>
        PropertyTest.Check(RendezvousHashTests.NodeSets, nodes =>
        {
            var hashing = RendezvousHash<string>.Create(nodes);
            var list = new string[3];
            foreach (ulong hash in RendezvousHashTests.Hashes(50, nodes.Length))
            {
                Assert.Equal(Math.Min(3, nodes.Length), hashing.GetNodesByHash(hash, list));
                Assert.Equal(hashing.GetNodeByHash(hash), list[0]);
                hashing.GetNodesByHash(hash, list, ReplicaSpread.Zones);
                Assert.Equal(hashing.GetNodeByHash(hash), list[0]);
            }
        });

    [Fact]
    public void A_node_that_goes_leaves_the_others_in_their_order() =>
        PropertyTest.Check(RendezvousHashTests.NodeSets, nodes =>
        {
            var before = RendezvousHash<string>.Create(nodes);
            string gone = nodes[nodes.Length / 2].Name;
            var after = RendezvousHash<string>.Create([.. nodes.Where(node => node.Name != gone)]);
            foreach (ulong hash in RendezvousHashTests.Hashes(50, nodes.Length))
            {
                Assert.Equal(List(before, hash).Where(node => node != gone), List(after, hash));
            }
        });

    [Fact]
    public void A_weight_that_rises_moves_its_node_forward_and_leaves_the_others_in_their_order() =>
        PropertyTest.Check(RendezvousHashTests.NodeSets, Gen.Choose(1, 1_000), (nodes, percent) =>
        {
            RingNode<string> raised = nodes[0] with { Weight = Math.Min(1e100, nodes[0].Weight * (1 + (percent / 100.0))) };
            var before = RendezvousHash<string>.Create(nodes);
            var after = RendezvousHash<string>.Create([raised, .. nodes.Skip(1)]);
            foreach (ulong hash in RendezvousHashTests.Hashes(50, nodes.Length))
            {
                List<string> then = List(before, hash);
                List<string> now = List(after, hash);
                Assert.True(now.IndexOf(raised.Name) <= then.IndexOf(raised.Name));
                Assert.Equal(then.Where(node => node != raised.Name), now.Where(node => node != raised.Name));
            }
        });

    [Fact]
    public void Nodes_without_a_zone_count_as_one_zone()
    {
        var hashing = RendezvousHash<string>.Create([new("a", "a"), new("b", "b"), new("c", "c", 1, "z"), new("d", "d", 1, "")]);
        foreach (ulong hash in RendezvousHashTests.Hashes(1_000, 1))
        {
            var list = new string[3];
            Assert.Equal(3, hashing.GetNodesByHash(hash, list, ReplicaSpread.Zones));
            Assert.Contains("c", list);
            Assert.Contains("d", list);
        }
    }

    [Fact]
    public void A_list_of_ten_thousand_nodes_is_the_bids_in_order()
    {
        RingNode<string>[] nodes = [.. Enumerable.Range(0, 10_000).Select(i => new RingNode<string>($"n{i}", $"n{i}", 1 + (i % 10), $"z{i % 500}"))];
        var hashing = RendezvousHash<string>.Create(nodes);
        RingNode<string>[] ranked = RendezvousReference.Rank(nodes, 12345);
        AssertList(ranked, hashing, 12345, 10_000, ReplicaSpread.Nodes);
        AssertList(RendezvousReference.Spread(ranked), hashing, 12345, 10_000, ReplicaSpread.Zones);
    }

    [Fact]
    public void Every_key_form_goes_through_the_stable_hash()
    {
        var hashing = RendezvousHash<int>.Create(RendezvousHashTests.Nodes(100, i => 1 + (i % 3)));
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        var list = new int[5];
        AssertSame(StableHash.Compute("grüße"), hashing.GetNodes("grüße", list));
        AssertSame(StableHash.Compute("grüße"), hashing.GetNodes(Encoding.UTF8.GetBytes("grüße"), list));
        AssertSame(StableHash.Compute(42), hashing.GetNodes(42, list));
        AssertSame(StableHash.Compute(42), hashing.GetNodes(42UL, list));
        AssertSame(StableHash.Compute(guid), hashing.GetNodes(guid, list));

        void AssertSame(ulong hash, int written)
        {
            var expected = new int[5];
            Assert.Equal(written, hashing.GetNodesByHash(hash, expected));
            Assert.Equal(expected, list);
            list.AsSpan().Clear();
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_spread_without_a_name_is_refused(int spread)
    {
        var hashing = RendezvousHash<int>.Create(RendezvousHashTests.Nodes(3, _ => 1));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(spread), () => hashing.GetNodes("key", new int[2], (ReplicaSpread)spread));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(200)]
    public void A_list_allocates_nothing(int wanted)
    {
        var hashing = RendezvousHash<int>.Create(
            [.. RendezvousHashTests.Nodes(300, i => 1 + (i % 2)).Select(node => node with { Zone = $"z{node.Value % 3}" })]);
        var list = new int[wanted];
        int sum = 0;
        Allocation.AssertNone(() => sum += hashing.GetNodes("key", list));
        Allocation.AssertNone(() => sum += hashing.GetNodes(42, list, ReplicaSpread.Zones));
        Assert.NotEqual(0, sum);
    }

    private static void AssertList(
        RingNode<string>[] expected, RendezvousHash<string> hashing, ulong hash, int wanted, ReplicaSpread spread)
    {
        var list = new string[wanted];
        int written = hashing.GetNodesByHash(hash, list, spread);
        Assert.Equal(Math.Min(wanted, expected.Length), written);
        Assert.Equal(expected.Take(wanted).Select(node => node.Value), list.Take(written));
        Assert.All(list.Skip(written), Assert.Null);
    }

    private static List<string> List(RendezvousHash<string> hashing, ulong hash)
    {
        var list = new string[hashing.NodeCount];
        hashing.GetNodesByHash(hash, list);
        return [.. list];
    }
}
