namespace Primitives.Tests;

public class RingNodeTests
{
    [Fact]
    public void A_node_weighs_one_and_has_no_zone_unless_told()
    {
        var node = new RingNode<string>("a", "http://a");

        Assert.Equal(1, node.Weight);
        Assert.Null(node.Zone);
        Assert.Equal(node, new RingNode<string> { Name = "a", Value = "http://a" });
        node.ThrowIfInvalid("nodes");
    }

    [Theory]
    [InlineData(double.Epsilon)]
    [InlineData(1)]
    [InlineData(double.MaxValue)]
    public void Any_finite_weight_above_zero_is_accepted(double weight) =>
        new RingNode<string>("a", "a", weight).ThrowIfInvalid("nodes");

    [Theory]
    [InlineData(0)]
    [InlineData(-0.0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Other_weights_are_refused_by_name(double weight)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(
            "nodes", () => new RingNode<string>("cache-7", "a", weight).ThrowIfInvalid("nodes"));

        Assert.Contains("cache-7", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_name_is_not_empty(string? name) =>
        Assert.Throws<ArgumentException>("nodes", () => new RingNode<string>(name!, "a").ThrowIfInvalid("nodes"));

    [Fact]
    public void A_name_holds_no_half_characters_which_have_no_utf8_to_hash()
    {
        foreach (string name in (string[])["a\uD800", "\uDC00b", "\uDC00\uD800"])
        {
            Assert.Throws<ArgumentException>("nodes", () => new RingNode<string>(name, "a").ThrowIfInvalid("nodes"));
        }
    }

    [Fact]
    public void A_default_node_and_one_without_a_value_are_refused()
    {
        Assert.Throws<ArgumentException>("nodes", () => default(RingNode<int>).ThrowIfInvalid("nodes"));
        Assert.Throws<ArgumentException>("nodes", () => new RingNode<int>().ThrowIfInvalid("nodes"));
        Assert.Throws<ArgumentException>("nodes", () => new RingNode<string>("a", null!).ThrowIfInvalid("nodes"));
    }

    [Fact]
    public void A_name_may_hold_whole_characters_beyond_the_basic_plane() =>
        new RingNode<int>("узел-😀", 1).ThrowIfInvalid("nodes");
}
