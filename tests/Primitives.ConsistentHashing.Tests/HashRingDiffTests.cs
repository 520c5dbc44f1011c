using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.RingTestSetup;

namespace Primitives.Tests;

public class HashRingDiffTests
{
    [Fact]
    public void The_ranges_are_exactly_the_hashes_that_change_owner() =>
        PropertyTest.Check(NodeSets, NodeSets, (before, after) =>
        {
            if (before.Length == 0 || after.Length == 0)
            {
                return;
            }

            HashRing<string> ring = HashRing<string>.Create(ToNodes(before), 20);
            HashRing<string> next = HashRing<string>.Create(ToNodes(after), 13);
            RingDiff<string> diff = ring.Diff(next);

            // Between neighbouring points of either ring nothing changes, so these hashes stand for all.
            foreach (ulong hash in TellingHashes(ring).Concat(TellingHashes(next)))
            {
                string from = ring.GetNodeByHash(hash);
                string to = next.GetNodeByHash(hash);
                bool moves = diff.TryFind(hash, out RingMove<string> move);
                Assert.Equal(from != to, moves);
                Assert.Equal(moves, diff.Moves.Any(other => other.Contains(hash)));
                if (moves)
                {
                    Assert.Equal((from, to), (move.From.Name, move.To.Name));
                    Assert.InRange(hash, move.Start, move.End);
                }
            }

            // Ascending, apart, and as few as possible.
            foreach ((RingMove<string> left, RingMove<string> right) in diff.Moves.Zip(diff.Moves.Skip(1)))
            {
                Assert.True(left.Start <= left.End && left.End < right.Start);
                Assert.False(left.End + 1 == right.Start && (left.From.Name, left.To.Name) == (right.From.Name, right.To.Name));
            }

            Assert.Equal(diff.Moves.Sum(move => move.Fraction), diff.Fraction, 12);
        });

    [Fact]
    public void Adding_a_node_moves_exactly_its_share_to_it()
    {
        HashRing<string> ring = Ring(10);
        HashRing<string> next = ring.Add(new("node-10", "node-10"));
        RingDiff<string> diff = ring.Diff(next);
        Assert.All(diff.Moves, move => Assert.Equal("node-10", move.To.Name));
        Assert.Equal(next.Statistics.Shares.Single(share => share.Node.Name == "node-10").Share, diff.Fraction, 14);

        RingDiff<string> back = next.Diff(ring);
        Assert.All(back.Moves, move => Assert.Equal("node-10", move.From.Name));
        Assert.Equal(diff.Fraction, back.Fraction);
    }

    [Fact]
    public void Equal_rings_and_nodes_that_only_change_their_value_move_nothing()
    {
        HashRing<string> ring = Ring(5);
        Assert.Empty(ring.Diff(Ring(5)).Moves);
        Assert.Empty(ring.Diff(ring.Replace(new("node-1", "elsewhere"))).Moves);
        Assert.Equal(0, ring.Diff(ring).Fraction);
        Assert.False(ring.Diff(ring).TryFind(5, out _));
    }

    [Fact]
    public void From_one_node_to_another_everything_moves()
    {
        HashRing<string> a = HashRing<string>.Create([new("a", "a")]);
        HashRing<string> b = HashRing<string>.Create([new("b", "b")]);
        RingMove<string> move = Assert.Single(a.Diff(b).Moves);
        Assert.Equal((0UL, ulong.MaxValue, 1.0), (move.Start, move.End, move.Fraction));
        Assert.Equal(1.0, a.Diff(b).Fraction);
    }

    [Fact]
    public void Rings_that_cannot_be_compared_are_refused()
    {
        HashRing<string> ring = Ring(2);
        HashRing<string> empty = HashRing<string>.Create([]);
        Assert.Throws<ArgumentNullException>("next", () => ring.Diff(null!));
        Assert.Throws<ArgumentException>("next", () => ring.Diff(empty));
        Assert.Throws<InvalidOperationException>(() => empty.Diff(ring));
        Assert.Throws<ArgumentException>("next", () => ring.Diff(HashRing<string>.Create([new("a:1", "a")], RingPoints.Ketama())));
    }

    [Fact]
    public void Statistics_are_the_lengths_of_the_arcs() =>
        PropertyTest.Check(NodeSets, nodes =>
        {
            if (nodes.Length == 0)
            {
                return;
            }

            HashRing<string> ring = HashRing<string>.Create(ToNodes(nodes), 9);
            var naive = new NaiveRing(nodes, 9);
            Dictionary<string, double> arcs = SharesOf(naive);
            double total = nodes.Sum(node => node.Weight);
            foreach (RingShare<string> share in ring.Statistics.Shares)
            {
                double expected = arcs[share.Node.Name];
                Assert.Equal(expected, share.Share, 14);
                Assert.Equal(expected / (share.Node.Weight / total), share.Load, 9);
            }

            Assert.Equal(1, ring.Statistics.Shares.Sum(share => share.Share), 12);
            Assert.Equal(ring.Statistics.Shares.Max(share => share.Load), ring.Statistics.PeakToMean, 12);
            double[] loads = [.. nodes.Select(node => arcs[node.Name] / (node.Weight / total))];
            Assert.Equal(loads.Max(), ring.Statistics.PeakToMean, 9);
            Assert.Equal(Math.Sqrt(loads.Average(load => Math.Pow(load - 1, 2))), ring.Statistics.CoefficientOfVariation, 9);
        });

    [Theory]
    [InlineData(1, 160)]
    [InlineData(2, 1)]
    [InlineData(10, 160)]
    [InlineData(40, 25)]
    public void With_equal_weights_the_coefficient_of_variation_is_the_standard_deviation_over_the_mean(int count, int virtualNodes)
    {
        double[] shares = [.. SharesOf(new NaiveRing(Nodes(count).Select(node => (node.Name, 1.0)), virtualNodes)).Values];
        double mean = shares.Average();
        double deviation = Math.Sqrt(shares.Sum(share => (share - mean) * (share - mean)) / shares.Length);

        Assert.Equal(count, shares.Length);
        Assert.Equal(deviation / mean, Ring(count, virtualNodes).Statistics.CoefficientOfVariation, 11);
        Assert.Equal(shares.Max() / mean, Ring(count, virtualNodes).Statistics.PeakToMean, 11);
    }

    // Arc by arc, in exact integers until the last step.
    private static Dictionary<string, double> SharesOf(NaiveRing naive)
    {
        var arcs = new Dictionary<string, UInt128>();
        UInt128 start = 0;
        foreach (ulong point in naive.Points)
        {
            Own(naive.OwnerOf(point), (UInt128)point + 1 - start);
            start = (UInt128)point + 1;
        }

        Own(naive.OwnerOf(0), (UInt128.One << 64) - start);
        return arcs.ToDictionary(arc => arc.Key, arc => (double)arc.Value / Math.Pow(2, 64));

        void Own(string name, UInt128 length) => arcs[name] = arcs.GetValueOrDefault(name) + length;
    }
}
