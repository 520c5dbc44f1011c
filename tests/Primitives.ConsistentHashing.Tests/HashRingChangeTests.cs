using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.RingTestSetup;

namespace Primitives.Tests;

/// <summary>Adding, removing, reweighting: the ring that results, and what moves.</summary>
public class HashRingChangeTests
{
    private static readonly Gen<(int Kind, int Node, double Weight)> Changes = Gen.Zip(
        Gen.Choose(0, 3),
        Gen.Zip(Gen.Choose(0, 15), Gen.Elements(0.01, 0.3, 1.0, 2.5, 9.0)),
        (kind, rest) => (kind, rest.Item1, rest.Item2));

    [Fact]
    public void A_ring_made_step_by_step_is_bit_for_bit_the_one_made_at_once() =>
        PropertyTest.CheckSequence(Changes, changes =>
        {
            foreach (int virtualNodes in new[] { 1, 7, 40 })
            {
                HashRing<string> ring = HashRing<string>.Create([], virtualNodes);
                var nodes = new SortedDictionary<string, double>(StringComparer.Ordinal);
                foreach ((int kind, int number, double weight) in changes)
                {
                    ring = Apply(ring, nodes, kind, $"n{number}", weight);
                    HashRing<string> atOnce = HashRing<string>.Create(
                        ToNodes(nodes.Reverse().Select(node => (node.Key, node.Value))), virtualNodes);
                    Assert.True(atOnce.Table.SequenceEqual(ring.Table));
                    Assert.Equal(atOnce.Members, ring.Members);
                }
            }
        });

    [Fact]
    public void The_order_of_the_nodes_does_not_matter() =>
        PropertyTest.Check(NodeSets, nodes =>
        {
            HashRing<string> ring = HashRing<string>.Create(ToNodes(nodes));
            HashRing<string> reversed = HashRing<string>.Create(ToNodes(nodes.Reverse()));
            Assert.True(ring.Table.SequenceEqual(reversed.Table));
        });

    /// <summary>The exact property: of all hashes, not of a sample. Both rings are constant between two neighbouring points
    /// of either, so one hash of each such arc stands for all of it.</summary>
    [Fact]
    public void Adding_or_removing_a_node_moves_keys_only_to_it_or_from_it() =>
        PropertyTest.Check(NodeSets, Gen.Choose(1, 60), (nodes, virtualNodes) =>
        {
            HashRing<string> without = HashRing<string>.Create(ToNodes(nodes), virtualNodes);
            HashRing<string> with = without.Add(new RingNode<string>("added", "added", 1.3));
            HashRing<string> again = with.Remove("added");
            Assert.True(without.Table.SequenceEqual(again.Table));
            if (nodes.Length == 0)
            {
                return;
            }

            foreach (ulong hash in TellingHashes(with).Concat(TellingHashes(without)))
            {
                string before = without.GetNodeByHash(hash);
                string after = with.GetNodeByHash(hash);
                Assert.True(after == before || after == "added", $"{hash:X}: {before} -> {after}");
            }
        });

    [Fact]
    public void A_weight_change_moves_keys_only_to_or_from_the_node_concerned() =>
        PropertyTest.Check(NodeSets, Gen.Elements(0.1, 0.9, 1.1, 4.0), (nodes, weight) =>
        {
            if (nodes.Length < 2)
            {
                return;
            }

            string name = nodes[0].Name;
            HashRing<string> ring = HashRing<string>.Create(ToNodes(nodes), 40);
            HashRing<string> changed = ring.SetWeight(name, weight);
            bool heavier = weight >= nodes[0].Weight;
            foreach (ulong hash in TellingHashes(ring).Concat(TellingHashes(changed)))
            {
                string before = ring.GetNodeByHash(hash);
                string after = changed.GetNodeByHash(hash);
                Assert.True(before == after || (heavier ? after : before) == name);
            }
        });

    [Fact]
    public void The_old_ring_is_unchanged()
    {
        HashRing<string> ring = Ring(5);
        HashRing<string> copy = Ring(5);
        ring.Add(new("x", "x"));
        ring.Remove("node-1");
        ring.SetWeight("node-2", 5);
        ring.Replace(new("node-3", "elsewhere", 1, "zone"));
        Assert.True(copy.Table.SequenceEqual(ring.Table));
        Assert.Equal(copy.Members, ring.Members);
    }

    [Fact]
    public void A_node_that_changes_its_address_or_zone_keeps_its_keys()
    {
        HashRing<string> ring = Ring(5);
        HashRing<string> moved = ring.Replace(new("node-3", "10.0.0.9", 1, "zone-b"));
        Assert.True(ring.Table.SequenceEqual(moved.Table));
        for (int i = 0; i < 1_000; i++)
        {
            string before = ring.GetNode(i);
            Assert.Equal(before == "node-3" ? "10.0.0.9" : before, moved.GetNode(i));
        }
    }

    [Fact]
    public void Changes_of_nodes_that_are_not_there_are_refused()
    {
        HashRing<string> ring = Ring(2);
        Assert.Contains("node-0", Assert.Throws<ArgumentException>("node", () => ring.Add(new("node-0", "again"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("name", () => ring.Remove("node-9"));
        Assert.Throws<ArgumentException>("name", () => ring.SetWeight("node-9", 1));
        Assert.Throws<ArgumentException>("node", () => ring.Replace(new("node-9", "x")));
        Assert.Throws<ArgumentOutOfRangeException>("weight", () => ring.SetWeight("node-0", 0));
        Assert.Throws<ArgumentOutOfRangeException>("weight", () => ring.SetWeight("node-0", double.NaN));
        Assert.Throws<ArgumentNullException>("name", () => ring.Remove(null!));
        Assert.True(ring.Contains("node-0"));
        Assert.False(ring.Contains("node-9"));
    }

    /// <summary>The number of a node's points depends on its own weight alone, and its share follows the weight within three
    /// standard deviations, 3 / sqrt(points).</summary>
    [Fact]
    public void Shares_follow_weights()
    {
        RingNode<string>[] nodes = [.. Enumerable.Range(1, 20).Select(i => new RingNode<string>($"node-{i}", "", i))];
        HashRing<string> ring = HashRing<string>.Create(nodes);
        foreach (RingShare<string> share in ring.Statistics.Shares)
        {
            Assert.Equal((int)(share.Node.Weight * 160), share.Points);
            Assert.InRange(Math.Abs(share.Load - 1), 0, 3 / Math.Sqrt(share.Points));
        }
    }

    [Theory]
    [InlineData(10, 1.13)]
    [InlineData(100, 1.23)]
    public void The_fullest_of_equal_nodes_is_little_above_the_mean_over_200_rings(int nodes, double bound)
    {
        double sum = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            RingNode<int>[] members = [.. Enumerable.Range(0, nodes).Select(i => new RingNode<int>($"{seed}/{i}", i))];
            RingStatistics<int> statistics = HashRing<int>.Create(members).Statistics;
            sum += statistics.PeakToMean;
            Assert.InRange(statistics.CoefficientOfVariation, 0, 3 / Math.Sqrt(160));
        }

        Assert.InRange(sum / 200, 1, bound);
    }

    private static HashRing<string> Apply(
        HashRing<string> ring, SortedDictionary<string, double> nodes, int kind, string name, double weight)
    {
        if (!nodes.ContainsKey(name))
        {
            nodes.Add(name, weight);
            return ring.Add(new RingNode<string>(name, name, weight));
        }

        if (kind == 0)
        {
            nodes.Remove(name);
            return ring.Remove(name);
        }

        nodes[name] = weight;
        return ring.SetWeight(name, weight);
    }
}
