namespace Primitives.Tests;

public class SnowflakeWorkerIdTests
{
    private const string Variable = "PRIMITIVES_TEST_WORKER_ID";

    [Theory]
    [InlineData("orders-3", 3)]
    [InlineData("orders-0", 0)]
    [InlineData("orders-eu-west-1023", 1023)]
    [InlineData("orders-3.orders.default.svc.cluster.local", 3)]
    [InlineData("orders-2147483647", int.MaxValue)]
    public void The_ordinal_of_a_host_name_is_its_last_number(string hostName, int expected) =>
        Assert.Equal(expected, SnowflakeWorkerId.FromHostNameOrdinal(hostName));

    [Theory]
    [InlineData("")]
    [InlineData("orders")]
    [InlineData("orders3")]
    [InlineData("3")]
    [InlineData("-3")]
    [InlineData("orders-")]
    [InlineData("orders-3a")]
    [InlineData("orders-03")]
    [InlineData("orders-+3")]
    [InlineData("orders- 3")]
    [InlineData("orders-٣")]
    [InlineData("orders-2147483648")]
    [InlineData("orders-7d9f8b6c5-x2x9z")]
    [InlineData("orders.example-3.com")]
    public void A_host_name_without_an_ordinal_is_refused(string hostName)
    {
        FormatException exception = Assert.Throws<FormatException>(() => SnowflakeWorkerId.FromHostNameOrdinal(hostName));
        Assert.Contains($"'{hostName}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_machines_name_is_used_when_none_is_given()
    {
        int? expected = TryOrdinal(Environment.MachineName);
        Assert.Equal(expected, TryOrdinal(null));

        static int? TryOrdinal(string? hostName)
        {
            try
            {
                return SnowflakeWorkerId.FromHostNameOrdinal(hostName);
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void The_environment_gives_the_worker_id_or_a_clear_error()
    {
        try
        {
            Environment.SetEnvironmentVariable(Variable, null);
            InvalidOperationException unset = Assert.Throws<InvalidOperationException>(() => SnowflakeWorkerId.FromEnvironment(Variable));
            Assert.Contains(Variable, unset.Message, StringComparison.Ordinal);

            Environment.SetEnvironmentVariable(Variable, "42");
            Assert.Equal(42, SnowflakeWorkerId.FromEnvironment(Variable));

            foreach (string bad in (string[])["-1", "4x", " 4", "2147483648", "0x10"])
            {
                Environment.SetEnvironmentVariable(Variable, bad);
                FormatException malformed = Assert.Throws<FormatException>(() => SnowflakeWorkerId.FromEnvironment(Variable));
                Assert.Contains($"'{bad}'", malformed.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Fact]
    public void A_variable_must_be_named()
    {
        Assert.Throws<ArgumentNullException>("variable", () => SnowflakeWorkerId.FromEnvironment(null!));
        Assert.Throws<ArgumentException>("variable", () => SnowflakeWorkerId.FromEnvironment(""));
    }
}
