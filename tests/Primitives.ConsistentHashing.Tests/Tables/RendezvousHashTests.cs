using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class RendezvousHashTests
{
    // A few weights come up often, so that sets of equal ones, mixed ones and changes between the two are all common.
    internal static readonly Gen<double> Weights = Gen.OneOf(
        Gen.Constant(1.0),
        Gen.Elements(1.0, 2.0, 0.5),
        Gen.Choose(1, 1_000).Select(i => i / 7.0),
        Gen.Choose(-99, 99).Select(i => Math.Pow(10, i)));

    internal static readonly Gen<RingNode<string>[]> NodeSets =
        Gen.Choose(0, 500).SelectMany(number => Weights.SelectMany(weight => Gen.Elements(null, "", "a", "b", "c", "d")
            .Select(zone => new RingNode<string>($"node-{number}", $"node-{number}", weight, zone))))
            .NonEmptyListOf()
            .Select(nodes => nodes.DistinctBy(node => node.Name).ToArray());

    [Fact]
    public void The_winner_is_the_highest_bid() =>
        PropertyTest.Check(NodeSets, nodes =>
        {
            var hashing = RendezvousHash<string>.Create(nodes);
            foreach (ulong hash in Hashes(100, nodes.Length))
            {
                Assert.Equal(RendezvousReference.Rank(nodes, hash)[0].Value, hashing.GetNodeByHash(hash));
            }
        }, count: 300);

    [Fact]
    public void Of_equal_weights_the_highest_draw_wins_whatever_the_weight() =>
        PropertyTest.Check(NodeSets, Weights, (nodes, weight) =>
        {
            nodes = [.. nodes.Select(node => node with { Weight = weight })];
            var hashing = RendezvousHash<string>.Create(nodes);
            foreach (ulong hash in Hashes(100, nodes.Length))
            {
                Assert.Equal(RendezvousReference.RankEquals(nodes, hash)[0].Value, hashing.GetNodeByHash(hash));
            }
        });

    [Fact]
    public void A_node_that_comes_or_goes_moves_its_own_keys_and_no_other() =>
        PropertyTest.Check(NodeSets, Weights, (nodes, weight) =>
        {
            var without = RendezvousHash<string>.Create(nodes);
            var with = RendezvousHash<string>.Create([.. nodes, new("another", "another", weight)]);
            foreach (ulong hash in Hashes(300, nodes.Length))
            {
                string node = with.GetNodeByHash(hash);
                Assert.True(node == "another" || node == without.GetNodeByHash(hash));
            }
        }, count: 500);

    [Fact]
    public void A_weight_that_rises_or_falls_moves_keys_to_or_from_its_node_and_no_other() =>
        PropertyTest.Check(NodeSets, Weights, (nodes, weight) =>
        {
            int index = nodes.Length / 2;
            RingNode<string> changed = nodes[index] with { Weight = weight };
            RingNode<string>[] others = [.. nodes.Where(node => node.Name != changed.Name)];
            (RingNode<string> light, RingNode<string> heavy) =
                changed.Weight < nodes[index].Weight ? (changed, nodes[index]) : (nodes[index], changed);
            var lighter = RendezvousHash<string>.Create([light, .. others]);
            var heavier = RendezvousHash<string>.Create([heavy, .. others]);
            foreach (ulong hash in Hashes(300, nodes.Length))
            {
                string node = heavier.GetNodeByHash(hash);
                Assert.True(node == changed.Name || node == lighter.GetNodeByHash(hash));
            }
        }, count: 500);

    [Fact]
    public void The_order_of_the_nodes_does_not_matter() =>
        PropertyTest.Check(NodeSets, nodes =>
        {
            RingNode<string>[] shuffled = [.. nodes];
            new Random(nodes.Length).Shuffle(shuffled);
            var one = RendezvousHash<string>.Create(nodes);
            var other = RendezvousHash<string>.Create(shuffled.AsEnumerable());
            Assert.Equal(one.Members, other.Members);
            Assert.All(Hashes(100, nodes.Length), hash => Assert.Equal(one.GetNodeByHash(hash), other.GetNodeByHash(hash)));
        });

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(100)]
    public void Equal_weights_get_equal_shares_up_to_chance(int count)
    {
        var hashing = RendezvousHash<int>.Create(Nodes(count, _ => 1));
        var counts = new long[count];
        for (int key = 0; key < 100_000; key++)
        {
            counts[hashing.GetNode(key)]++;
        }

        Assert.InRange(
            ChiSquare.Statistic(counts), ChiSquare.Quantile(count - 1, -4.26), ChiSquare.Quantile(count - 1, 4.26));
    }

    [Fact]
    public void Weights_get_their_shares_up_to_chance()
    {
        AssertShares(200_000, Nodes(10, i => i + 1));
        AssertShares(200_000, Nodes(50, i => 0.1 + (i % 7)));
        AssertShares(200_000, Nodes(2, i => i == 0 ? 1 : Math.PI));
        AssertShares(200_000, Nodes(64, i => i % 2 == 0 ? 1e-90 : 3e-90));
    }

    [Fact]
    public void A_weight_of_a_millionth_gets_its_millionth()
    {
        // 30 light nodes expect 45 of 1.5 million keys between them, a Poisson number.
        var hashing = RendezvousHash<int>.Create(Nodes(31, i => i == 30 ? 1e6 : 1));
        int light = 0;
        for (int key = 0; key < 1_500_000; key++)
        {
            light += hashing.GetNode(key) == 30 ? 0 : 1;
        }

        Assert.InRange(light, 45 - (4.26 * Math.Sqrt(45)), 45 + (4.26 * Math.Sqrt(45)));
    }

    /// <summary>Names and keys are fixed: a change of these nodes would move the stored data of whoever upgrades.</summary>
    [Fact]
    public void Placement_is_fixed_for_ever()
    {
        var equal = RendezvousHash<string>.Create([new("alpha", "a"), new("beta", "b"), new("gamma", "c")]);
        var weighted = RendezvousHash<string>.Create([new("alpha", "a"), new("beta", "b", 2), new("gamma", "c", 0.5)]);
        Assert.Equal("accacbbcaabaacabcbaacaaacbcaaacbccacacac", string.Concat(Enumerable.Range(0, 40).Select(key => equal.GetNode(key))));
        Assert.Equal("abcabbbcabbabbabbbaacbabcbbaaabbccacaaac", string.Concat(Enumerable.Range(0, 40).Select(key => weighted.GetNode(key))));
    }

    [Fact]
    public void Every_key_form_goes_through_the_stable_hash()
    {
        var hashing = RendezvousHash<int>.Create(Nodes(100, i => 1 + (i % 3)));
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal(hashing.GetNodeByHash(StableHash.Compute("grüße")), hashing.GetNode("grüße"));
        Assert.Equal(hashing.GetNode("grüße"), hashing.GetNode(Encoding.UTF8.GetBytes("grüße")));
        Assert.Equal(hashing.GetNodeByHash(StableHash.Compute(42)), hashing.GetNode(42));
        Assert.Equal(hashing.GetNode(42), hashing.GetNode(42UL));
        Assert.Equal(hashing.GetNodeByHash(StableHash.Compute(guid)), hashing.GetNode(guid));

        Assert.True(hashing.TryGetNode("grüße", out int node) && node == hashing.GetNode("grüße"));
        Assert.True(hashing.TryGetNode(Encoding.UTF8.GetBytes("grüße"), out node) && node == hashing.GetNode("grüße"));
        Assert.True(hashing.TryGetNode(42, out node) && node == hashing.GetNode(42));
        Assert.True(hashing.TryGetNode(42UL, out node) && node == hashing.GetNode(42));
        Assert.True(hashing.TryGetNode(guid, out node) && node == hashing.GetNode(guid));
        Assert.True(hashing.TryGetNodeByHash(42, out node) && node == hashing.GetNodeByHash(42));
    }

    [Fact]
    public void Without_nodes_none_is_found()
    {
        var hashing = RendezvousHash<string>.Create([]);
        Assert.Equal(0, hashing.NodeCount);
        Assert.Empty(hashing.Members);
        Assert.False(hashing.TryGetNode("key", out string? node));
        Assert.Null(node);
        Assert.Throws<InvalidOperationException>(() => hashing.GetNode("key"));
        Assert.Throws<InvalidOperationException>(() => hashing.GetNodeByHash(0));
        Assert.Equal(0, hashing.GetNodes("key", new string[3]));
        Assert.Equal(0, hashing.GetNodes("key", new string[3], ReplicaSpread.Zones));
    }

    [Fact]
    public void One_node_gets_everything()
    {
        var hashing = RendezvousHash<string>.Create([new("only", "only", 0.001)]);
        Assert.All((ulong[])[0, 1, ulong.MaxValue], hash => Assert.Equal("only", hashing.GetNodeByHash(hash)));

        // The hash for which its draw is 0, the lowest bid there is.
        ulong seed = StableHash.Compute("only");
        ulong zero = unchecked(0 - 0x9E3779B97F4A7C15) ^ seed;
        Assert.Equal(0UL, StableHash.Remix(zero ^ seed));
        Assert.Equal("only", hashing.GetNodeByHash(zero));
    }

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        string text = new('x', 300);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        foreach (Func<int, double> weightOf in (Func<int, double>[])[_ => 1, i => i + 1])
        {
            var hashing = RendezvousHash<int>.Create(Nodes(50, weightOf));
            int sum = 0;
            Allocation.AssertNone(() => sum += hashing.GetNode(text) + hashing.GetNode([1, 2]));
            Allocation.AssertNone(() => sum += hashing.GetNode(42) + hashing.GetNode(guid));
            Allocation.AssertNone(() => sum += hashing.TryGetNode(text, out int node) ? node : 0);
            Assert.NotEqual(0, sum);
        }
    }

    [Fact]
    public void More_than_a_million_nodes_are_refused()
    {
        var error = Assert.Throws<ArgumentException>("nodes", () => RendezvousHash<int>.Create(Nodes((1 << 20) + 1, _ => 1)));
        Assert.Contains("1048576", error.Message, StringComparison.Ordinal);
    }

    internal static IEnumerable<ulong> Hashes(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue));
    }

    internal static RingNode<int>[] Nodes(int count, Func<int, double> weightOf) =>
        [.. Enumerable.Range(0, count).Select(i => new RingNode<int>($"node-{i}", i, weightOf(i)))];

    private static void AssertShares(int keys, RingNode<int>[] nodes)
    {
        var hashing = RendezvousHash<int>.Create(nodes);
        var counts = new long[nodes.Length];
        for (int key = 0; key < keys; key++)
        {
            counts[hashing.GetNode(key)]++;
        }

        double sum = nodes.Sum(node => node.Weight);
        double statistic = 0;
        foreach (RingNode<int> node in nodes)
        {
            double expected = keys * node.Weight / sum;
            statistic += (counts[node.Value] - expected) * (counts[node.Value] - expected) / expected;
        }

        Assert.InRange(statistic, ChiSquare.Quantile(nodes.Length - 1, -4.26), ChiSquare.Quantile(nodes.Length - 1, 4.26));
    }
}
