using FsCheck.Fluent;
using Primitives.Testing;
using static Primitives.Tests.RingTestSetup;

namespace Primitives.Tests;

public class HashRingTests
{
    [Fact]
    public void Every_hash_belongs_to_the_owner_of_the_first_point_at_or_after_it() =>
        PropertyTest.Check(NodeSets, Gen.Choose(1, 60), (nodes, virtualNodes) =>
        {
            if (nodes.Length == 0)
            {
                return;
            }

            HashRing<string> ring = HashRing<string>.Create(ToNodes(nodes), virtualNodes);
            var naive = new NaiveRing(nodes, virtualNodes);
            Assert.Equal(naive.Count, ring.PointCount);
            foreach (ulong hash in TellingHashes(ring))
            {
                Assert.Equal(naive.OwnerOf(hash), ring.GetNodeByHash(hash));
            }
        });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 160)]
    [InlineData(2, 1)]
    [InlineData(10, 160)]
    [InlineData(300, 3)]
    [InlineData(700, 1)]
    public void Rings_of_every_shape_find_their_points(int nodes, int virtualNodes)
    {
        HashRing<string> ring = Ring(nodes, virtualNodes);
        (ulong Point, string Name)[] points = [.. Points(ring)];
        Assert.Equal(nodes * virtualNodes, points.Length);
        Assert.Equal(points.Select(point => point.Point).Order(), points.Select(point => point.Point));
        for (int i = 0; i < points.Length; i++)
        {
            Assert.Equal(points[i].Name, ring.GetNodeByHash(points[i].Point));
            Assert.Equal(points[(i + 1) % points.Length].Name, ring.GetNodeByHash(unchecked(points[i].Point + 1)));
        }
    }

    /// <summary>Names whose points crowd one bucket of the index cannot be had from a good hash, so the table is given
    /// the points themselves.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(1_000)]
    public void A_crowded_bucket_is_searched_correctly(int crowd)
    {
        ulong[] points = [.. Enumerable.Range(0, crowd).Select(i => 0x8000_0000_0000_0000UL + ((ulong)i * 3)), 5, ulong.MaxValue - 5];
        int[] counts = [.. Enumerable.Repeat(1, crowd + 2)];
        RingTable table = RingTable.Build(points, counts);
        for (int i = 0; i < crowd; i++)
        {
            Assert.Equal(i, (int)table.OwnerOf(points[i]));
            Assert.Equal(i, (int)table.OwnerOf(points[i] - 1));
            Assert.Equal(i, table.OwnerAt(table.Find(points[i] - 2)));
        }

        Assert.Equal(crowd + 1, (int)table.OwnerOf(points[crowd - 1] + 1));
        Assert.Equal(crowd, (int)table.OwnerOf(ulong.MaxValue));
        Assert.Equal(crowd, (int)table.OwnerOf(0));
    }

    [Fact]
    public void Equal_points_belong_to_the_first_owner()
    {
        RingTable table = RingTable.Build([7, 7, 1UL << 63, 7], [1, 2, 1]);
        Assert.Equal(0, (int)table.OwnerOf(7));
        Assert.Equal(1, (int)table.OwnerOf(8));
        Assert.Equal(4, table.Count);
    }

    [Fact]
    public void Every_form_of_a_key_is_hashed_as_the_suite_hashes_it()
    {
        HashRing<string> ring = Ring(20);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal(ring.GetNodeByHash(StableHash.Compute("user:42")), ring.GetNode("user:42"));
        Assert.Equal(ring.GetNode("user:42"u8), ring.GetNode("user:42"));
        Assert.Equal(ring.GetNodeByHash(StableHash.Compute(42L)), ring.GetNode(42));
        Assert.Equal(ring.GetNode(42L), ring.GetNode(42UL));
        Assert.Equal(ring.GetNodeByHash(StableHash.Compute(guid)), ring.GetNode(guid));
        Assert.Equal(StableHash.Compute("user:42"), ring.HashOf("user:42"));
        Assert.Equal(StableHash.Compute(42L), ring.HashOf(42));
        Assert.True(ring.TryGetNode("user:42", out string? node) && node == ring.GetNode("user:42"));
        Assert.True(ring.TryGetNode("user:42"u8, out node) && node == ring.GetNode("user:42"));
        Assert.True(ring.TryGetNode(42L, out node) && node == ring.GetNode(42));
        Assert.True(ring.TryGetNode(42UL, out node) && node == ring.GetNode(42));
        Assert.True(ring.TryGetNode(guid, out node) && node == ring.GetNode(guid));
    }

    /// <summary>These never change: a stored placement depends on them.</summary>
    [Fact]
    public void Placement_is_the_same_in_every_release()
    {
        HashRing<string> ring = Ring(10);
        string placed = string.Join(' ', Enumerable.Range(0, 20).Select(i => ring.GetNode($"key-{i}")["node-".Length..]));
        Assert.Equal(Golden, placed);
    }

    private const string Golden = "8 7 9 5 7 4 7 4 7 3 3 0 4 5 1 9 6 1 7 4";

    [Fact]
    public void An_empty_ring_answers_only_to_Try()
    {
        HashRing<string> ring = HashRing<string>.Create([]);
        Assert.False(ring.TryGetNode("key", out string? node));
        Assert.Null(node);
        Assert.Throws<InvalidOperationException>(() => ring.GetNode("key"));
        Assert.Throws<InvalidOperationException>(() => ring.GetNodeByHash(1));
        Assert.Equal(0, ring.GetNodes("key", new string[3]));
        Assert.Empty(ring.Statistics.Shares);
        Assert.Equal((0, 0), (ring.NodeCount, ring.PointCount));
    }

    [Fact]
    public void Values_may_be_equal_and_are_returned_as_given()
    {
        object shared = new();
        HashRing<object> ring = HashRing<object>.Create([new("a", shared), new("b", shared)]);
        Assert.Same(shared, ring.GetNode("anything"));
    }

    [Fact]
    public void Bad_nodes_are_refused_with_a_reason()
    {
        Refused("two", new("a", "1"), new("b", "2"), new("a", "3"));
        Refused("empty", new RingNode<string>("", "1"));
        Refused("empty", default(RingNode<string>));
        Refused("no value", new RingNode<string>("a", null!));
        Refused("surrogate", new RingNode<string>("a\uD800", "1"));
        foreach (double weight in new[] { 0, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Refused("weight", new RingNode<string>("a", "1", weight));
        }

        static void Refused(string word, params RingNode<string>[] nodes)
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => HashRing<string>.Create(nodes));
            Assert.Contains(word, error.Message, StringComparison.OrdinalIgnoreCase);
            if (nodes.Length == 1)
            {
                Assert.ThrowsAny<ArgumentException>(() => Ring(2).Add(nodes[0]));
            }
        }
    }

    [Fact]
    public void Nodes_may_come_as_any_sequence()
    {
        List<RingNode<string>> nodes = [.. Nodes(5)];
        Assert.True(HashRing<string>.Create(nodes).Table.SequenceEqual(Ring(5).Table));
        Assert.True(HashRing<string>.Create(nodes.Where(_ => true), 7).Table.SequenceEqual(Ring(5, 7).Table));
        Assert.Same(RingPoints.Nginx, HashRing<string>.Create(nodes, RingPoints.Nginx).Points);
        Assert.Throws<ArgumentNullException>("nodes", () => HashRing<string>.Create(default(List<RingNode<string>>)!));
        Assert.Throws<ArgumentNullException>("nodes", () => HashRing<string>.Create(default(List<RingNode<string>>)!, RingPoints.Nginx));
        Assert.Throws<ArgumentNullException>("points", () => HashRing<string>.Create(nodes, null!));
        Assert.Throws<ArgumentException>("nodes", () => HashRing<string>.Create(nodes.Append(nodes[0])));
    }

    [Fact]
    public void Too_many_points_are_told_for_the_whole_ring()
    {
        foreach (Action change in (Action[])[() => Ring(3).Add(new("x", "x", 1e6)), () => Ring(4).SetWeight("node-0", 1e6)])
        {
            string message = Assert.Throws<ArgumentException>(change).Message;
            Assert.Contains("160,000,480 points and 4 nodes", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void More_than_a_million_points_are_refused_whichever_way_they_come()
    {
        Assert.Throws<ArgumentException>(() => HashRing<string>.Create([new("a", "a", 2)], 1 << 20));
        Assert.Throws<ArgumentException>(() => HashRing<string>.Create([new("a", "a", double.MaxValue)]));
        Assert.Throws<ArgumentException>(() => HashRing<string>.Create([new("a", "a", 1e300), new("b", "b", 1e300)]));
        HashRing<string> full = HashRing<string>.Create([new("a", "a")], 1 << 20);
        Assert.Equal(1 << 20, full.PointCount);
        Assert.Throws<ArgumentException>(() => full.Add(new("b", "b", 1e-9)));
        Assert.Throws<ArgumentException>(() => full.SetWeight("a", 1.1));
        Assert.Throws<ArgumentOutOfRangeException>("virtualNodes", () => HashRing<string>.Create([], 0));
        Assert.Throws<ArgumentOutOfRangeException>("virtualNodes", () => HashRing<string>.Create([], (1 << 20) + 1));
    }

    [Fact]
    public void Lookups_allocate_nothing()
    {
        HashRing<string> ring = Ring(50);
        var three = new string[3];
        ulong hash = StableHash.Compute("key");
        Allocation.AssertNone(() => ring.GetNode("user:42"));
        Allocation.AssertNone(() => ring.GetNode(hash));
        Allocation.AssertNone(() => ring.GetNodeByHash(hash++));
        Allocation.AssertNone(() => ring.GetNodes("user:42", three));
        Allocation.AssertNone(() => ring.GetNodes("user:42", three, ReplicaSpread.Zones));
    }

    private static IEnumerable<(ulong Point, string Name)> Points(HashRing<string> ring)
    {
        foreach ((ulong point, int owner) in ring.Table)
        {
            yield return (point, ring.Members[owner].Name);
        }
    }
}
