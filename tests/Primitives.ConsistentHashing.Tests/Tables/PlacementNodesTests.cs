namespace Primitives.Tests;

/// <summary>Nodes that a Maglev table and rendezvous hashing refuse alike.</summary>
public class PlacementNodesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-0.0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.Epsilon)]
    [InlineData(0.99e-100)]
    [InlineData(1.01e100)]
    [InlineData(double.MaxValue)]
    public void Weights_out_of_range_are_refused_by_name(double weight) =>
        AssertRefused<ArgumentOutOfRangeException>("cache-7", new("a", 1), new("cache-7", 2, weight));

    [Theory]
    [InlineData(1e-100)]
    [InlineData(1e100)]
    public void Weights_at_the_ends_of_the_range_are_accepted(double weight)
    {
        RingNode<int>[] nodes = [new("a", 1), new("b", 2, weight)];
        Assert.InRange(MaglevTable<int>.Create(nodes).GetNode("key"), 1, 2);
        Assert.Equal(weight > 1 ? 2 : 1, RendezvousHash<int>.Create(nodes).GetNode("key"));
    }

    [Fact]
    public void A_name_given_twice_is_refused()
    {
        AssertRefused<ArgumentException>("twin", new("twin", 1), new("a", 3), new("twin", 2));
        AssertRefused<ArgumentException>("twin", new("twin", 1), new("twin", 1, 2, "zone"));
    }

    [Fact]
    public void Names_are_compared_ordinally()
    {
        RingNode<int>[] nodes = [new("a", 1), new("A", 2), new("caf\u00E9", 3), new("cafe\u0301", 4), new("a ", 5)];
        Assert.Equal(5, MaglevTable<int>.Create(nodes).NodeCount);
        Assert.Equal(5, RendezvousHash<int>.Create(nodes).NodeCount);
    }

    [Fact]
    public void Empty_and_ill_formed_names_and_default_nodes_are_refused()
    {
        AssertRefused<ArgumentException>("name", new("a", 1), new("", 2));
        AssertRefused<ArgumentException>("name", new("a", 1), new(null!, 2));
        AssertRefused<ArgumentException>("name", new("a", 1), default);
        AssertRefused<ArgumentException>("surrogate", new RingNode<int>("a\uD800", 1));
        Assert.Throws<ArgumentException>("nodes", () => MaglevTable<string>.Create([new("a", null!)]));
        Assert.Throws<ArgumentException>("nodes", () => RendezvousHash<string>.Create([new("a", null!)]));
    }

    [Fact]
    public void No_collection_is_refused()
    {
        Assert.Throws<ArgumentNullException>("nodes", () => MaglevTable<int>.Create((IEnumerable<RingNode<int>>)null!));
        Assert.Throws<ArgumentNullException>("nodes", () => RendezvousHash<int>.Create((IEnumerable<RingNode<int>>)null!));
    }

    private static void AssertRefused<TException>(string mentioned, params RingNode<int>[] nodes)
        where TException : ArgumentException
    {
        Exception[] errors =
        [
            Assert.Throws<TException>(nameof(nodes), () => MaglevTable<int>.Create(nodes)),
            Assert.Throws<TException>(nameof(nodes), () => MaglevTable<int>.Create(nodes.AsEnumerable())),
            Assert.Throws<TException>(nameof(nodes), () => RendezvousHash<int>.Create(nodes)),
            Assert.Throws<TException>(nameof(nodes), () => RendezvousHash<int>.Create(nodes.AsEnumerable())),
        ];
        Assert.All(errors, error => Assert.Contains(mentioned, error.Message, StringComparison.Ordinal));
    }
}
