namespace Primitives.Tests;

public class FlightNodeTests
{
    [Fact]
    public void A_wait_that_closes_a_circle_directly_or_through_others_is_refused()
    {
        FlightNode[] nodes = [.. Enumerable.Range(0, 4).Select(_ => new FlightNode())];
        Assert.False(nodes[0].TryWaitFor(nodes[0]));
        Assert.True(nodes[0].TryWaitFor(nodes[1]));
        Assert.True(nodes[1].TryWaitFor(nodes[2]));
        Assert.True(nodes[1].TryWaitFor(nodes[3]));
        Assert.False(nodes[3].TryWaitFor(nodes[1]));
        Assert.False(nodes[2].TryWaitFor(nodes[0]));
        nodes[1].StopWaitingFor(nodes[2]);
        Assert.True(nodes[2].TryWaitFor(nodes[0]));
        Assert.False(nodes[3].TryWaitFor(nodes[2])); // 2 waits for 0, which waits for 1, which waits for 3
    }

    [Fact]
    public void What_has_landed_waits_for_nothing()
    {
        FlightNode[] nodes = [.. Enumerable.Range(0, 3).Select(_ => new FlightNode())];
        Assert.True(nodes[0].TryWaitFor(nodes[1]));
        Assert.True(nodes[1].TryWaitFor(nodes[2])); // and went away without having waited for the end
        nodes[1].Land();
        Assert.True(nodes[2].TryWaitFor(nodes[0]));
        Assert.True(nodes[2].TryWaitFor(nodes[1]));
    }

    [Fact]
    public async Task The_code_of_a_run_belongs_to_it_until_it_lands_or_returns()
    {
        Assert.Null(FlightNode.Current);
        var outer = new FlightNode();
        var inner = new FlightNode();
        FlightNode? before = outer.Enter();
        Assert.Same(outer, await Task.Run(() => FlightNode.Current));
        FlightNode? middle = inner.Enter();
        Assert.Same(inner, FlightNode.Current);
        FlightNode.Return(middle);
        Assert.Same(outer, FlightNode.Current);
        outer.Land();
        Assert.Null(FlightNode.Current);
        FlightNode.Return(before);
        Assert.Null(FlightNode.Current);
    }
}
