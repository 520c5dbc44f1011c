using System.IO.Hashing;
using System.Text;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class EnvoyTests
{
    [Fact]
    public void The_points_are_those_in_envoys_own_test_of_six_hosts()
    {
        // ring_hash_lb_test.cc, Basic: 127.0.0.1:90 to :95, minimum_ring_size 12.
        (int Port, ulong Point)[] expected =
        [
            (94, 833437586790550860), (92, 928266305478181108), (90, 1033482794131418490), (95, 3551244743356806947),
            (93, 3851675632748031481), (91, 5583722120771150861), (91, 6311230543546372928), (93, 7700377290971790572),
            (95, 13144177310400110813), (92, 13444792449719432967), (94, 15516499411664133160), (90, 16117243373044804889),
        ];
        HashRing<int> ring = HashRing<int>.Create(
            [.. Enumerable.Range(90, 6).Select(port => new RingNode<int>($"127.0.0.1:{port}", port))], RingPoints.Envoy(12));
        var actual = new List<(int Port, ulong Point)>();
        foreach ((ulong point, int owner) in ring.Table)
        {
            actual.Add((ring.Members[owner].Value, point));
        }

        Assert.Equal(expected, actual);
        Assert.Equal(94, ring.GetNodeByHash(0));
        Assert.Equal(94, ring.GetNodeByHash(833437586790550860)); // at the point itself
        Assert.Equal(92, ring.GetNodeByHash(833437586790550861));
        Assert.Equal(95, ring.GetNodeByHash(3551244743356806947));
        Assert.Equal(93, ring.GetNodeByHash(3551244743356806948));
        Assert.Equal(94, ring.GetNodeByHash(ulong.MaxValue));
    }

    // The least node gets a whole number of points, the smallest that makes the ring large enough.
    [Theory]
    [InlineData(1, 1_024, 1_024)]
    [InlineData(3, 1_024, 1_026)]
    [InlineData(5, 1_024, 1_025)]
    [InlineData(1_025, 1_024, 1_025)]
    [InlineData(2_000, 1_024, 2_000)]
    [InlineData(10, 1, 10)]
    public void Equal_nodes_have_equally_many_points(int nodes, int minimum, int points)
    {
        HashRing<int> ring = HashRing<int>.Create(
            [.. Enumerable.Range(0, nodes).Select(i => new RingNode<int>($"10.0.0.1:{i}", i))], RingPoints.Envoy(minimum));

        Assert.Equal(points, ring.PointCount);
        Assert.All(ring.Statistics.Shares, share => Assert.Equal(points / nodes, share.Points));
    }

    [Theory]
    [InlineData(new[] { 1.0, 2, 3 }, 6, 8_388_608, new[] { 1, 2, 3 })]
    [InlineData(new[] { 1.0, 2, 3 }, 7, 8_388_608, new[] { 2, 4, 6 })]
    [InlineData(new[] { 1.0, 1, 1 }, 1_024, 1_024, new[] { 342, 341, 341 })] // the maximum cuts: 341 1/3 each
    [InlineData(new[] { 1.0, 99 }, 10, 10, new[] { 1, 9 })]
    [InlineData(new[] { 1.0, 1, 1, 1 }, 2, 2, new[] { 1, 0, 1, 0 })] // fewer points than nodes
    public void Weights_and_bounds_give_the_points_of_a_running_target(double[] weights, int minimum, int maximum, int[] points) =>
        Assert.Equal(points, Ring(weights, RingPoints.Envoy(minimum, maximum)).Statistics.Shares.Select(share => share.Points));

    [Fact]
    public void The_default_bounds_are_envoys() =>
        Assert.True(Ring([3, 5, 9], RingPoints.Envoy()).Table.SequenceEqual(Ring([3, 5, 9], RingPoints.Envoy(1_024, 8_388_608)).Table));

    [Fact]
    public void A_node_without_points_gets_no_keys()
    {
        HashRing<int> ring = Ring([1, 1, 1, 1], RingPoints.Envoy(2, 2));

        Assert.Equal(4, ring.NodeCount);
        Assert.Equal([0, 2], Enumerable.Range(0, 1_000).Select(key => ring.GetNode(key)).Distinct().Order());
    }

    [Fact]
    public void Removing_a_node_is_refused_where_it_would_make_the_ring_too_large()
    {
        HashRing<string> ring = HashRing<string>.Create(RingTestSetup.Nodes(4), RingPoints.Envoy(minimumRingSize: 1 << 20));
        Assert.Equal(1 << 20, ring.PointCount);
        Assert.Throws<ArgumentException>(() => ring.Remove("node-0")); // a third of 2^20, rounded up, for each of three
    }

    [Fact]
    public void A_ring_within_envoys_maximum_but_not_this_ones_is_refused() =>
        Assert.Throws<ArgumentException>(() => Ring([1, 1_000_000, 1_000_000], RingPoints.Envoy()));

    [Fact]
    public void Any_weights_and_bounds_give_the_ring_and_the_owners_of_a_naive_implementation() =>
        PropertyTest.Check(
            Gen.Choose(1, 50).Select(weight => (double)weight).NonEmptyListOf(),
            Gen.Choose(1, 2_000).Two(),
            (weights, sizes) =>
            {
                (int minimum, int maximum) = (Math.Min(sizes.Item1, sizes.Item2), Math.Max(sizes.Item1, sizes.Item2));
                HashRing<int> ring = Ring([.. weights], RingPoints.Envoy(minimum, maximum));
                List<(ulong Point, string Name)> naive = Naive(ring.Members, minimum, maximum);
                var actual = new List<(ulong Point, string Name)>();
                foreach ((ulong point, int owner) in ring.Table)
                {
                    actual.Add((point, ring.Members[owner].Name));
                }

                Assert.Equal(naive, actual);
                for (int i = 0; i < 20; i++)
                {
                    string key = $"key-{i}";
                    ulong hash = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(key));
                    string owner = naive.FirstOrDefault(entry => entry.Point >= hash, naive[0]).Name;
                    Assert.Equal(owner, ring.Members.Single(node => node.Value == ring.GetNode(key)).Name);
                }
            });

    [Fact]
    public void Adding_removing_and_reweighting_give_the_ring_made_in_one_go()
    {
        HashRing<int> whole = Ring([3, 5, 9], RingPoints.Envoy());
        HashRing<int> stepwise = HashRing<int>.Create([new("gone", 9)], RingPoints.Envoy());
        foreach (RingNode<int> node in whole.Members.Reverse())
        {
            stepwise = stepwise.Add(node with { Weight = 7 }).SetWeight(node.Name, node.Weight);
        }

        stepwise = stepwise.Remove("gone");

        Assert.Equal(whole.Members, stepwise.Members);
        Assert.True(whole.Table.SequenceEqual(stepwise.Table));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.5)]
    [InlineData(4_294_967_296)]
    public void Weights_that_an_endpoint_cannot_have_are_refused_by_name(double weight)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => Ring([1, weight], RingPoints.Envoy()));

        Assert.Contains("\"node-001\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Envoy", refusal.Message, StringComparison.Ordinal);
    }

    private static HashRing<int> Ring(double[] weights, RingPoints points) =>
        HashRing<int>.Create([.. weights.Select((weight, i) => new RingNode<int>($"node-{i:000}", i, weight))], points);

    // One point at a time, as the balancer's description has it.
    private static List<(ulong Point, string Name)> Naive(IEnumerable<RingNode<int>> nodes, int minimum, int maximum)
    {
        RingNode<int>[] hosts = [.. nodes.OrderBy(node => node.Name, StringComparer.Ordinal)];
        double total = hosts.Sum(host => host.Weight);
        double least = hosts.Min(host => host.Weight / total);
        double scale = Math.Min(Math.Ceiling(least * minimum) / least, maximum);
        var points = new List<(ulong Point, string Name)>();
        double target = 0;
        foreach (RingNode<int> host in hosts)
        {
            target += scale * (host.Weight / total);
            for (int i = 0; points.Count < target; i++)
            {
                points.Add((XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{host.Name}_{i}")), host.Name));
            }
        }

        return [.. points.OrderBy(entry => entry.Point).ThenBy(entry => entry.Name, StringComparer.Ordinal)];
    }
}
