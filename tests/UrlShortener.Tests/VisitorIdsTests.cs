using System.Net;

namespace UrlShortener.Tests;

public class VisitorIdsTests
{
    private static readonly VisitorIds Ids = new([1, 2, 3]);

    [Theory]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7", true)] // one address, over sockets of both kinds
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::7", true)] // one network, a device's address of today and of tomorrow
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("fe80::1%1", "fe80::1%2", true)]
    [InlineData("::1", "0.0.0.1", false)]
    public void Addresses_are_compared_as_a_visitor_uses_them(string left, string right, bool same) =>
        Assert.Equal(same, Ids.Of(IPAddress.Parse(left), "a") == Ids.Of(IPAddress.Parse(right), "a"));

    [Fact]
    public void User_agent_and_key_tell_visitors_apart()
    {
        IPAddress address = IPAddress.Parse("203.0.113.7");
        Assert.NotEqual(Ids.Of(address, "a"), Ids.Of(address, "b"));
        Assert.NotEqual(Ids.Of(address, ""), Ids.Of(null, ""));
        Assert.NotEqual(Ids.Of(address, "a"), new VisitorIds([1, 2, 4]).Of(address, "a"));
        Assert.Equal(Ids.Of(address, "a"), new VisitorIds([1, 2, 3]).Of(address, "a"));
    }
}
