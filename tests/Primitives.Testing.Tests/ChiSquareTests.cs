using Primitives.Testing;

namespace Primitives.Tests;

public class ChiSquareTests
{
    /// <summary>Printed tables: 0.999 and 0.001 quantiles.</summary>
    [Theory]
    [InlineData(10, 3.0902, 29.588)]
    [InlineData(100, 3.0902, 149.449)]
    [InlineData(100, -3.0902, 61.918)]
    [InlineData(1_000, 3.0902, 1143.917)]
    public void Quantiles_agree_with_printed_tables(int degrees, double z, double expected) =>
        Assert.InRange(ChiSquare.Quantile(degrees, z), expected * 0.99, expected * 1.01);

    [Fact]
    public void The_statistic_is_zero_for_equal_counts_and_grows_with_the_distance()
    {
        Assert.Equal(0, ChiSquare.Statistic([5, 5, 5]));
        Assert.Equal(((3 - 5) * (3 - 5) / 5.0) + ((7 - 5) * (7 - 5) / 5.0), ChiSquare.Statistic([3, 7]), 12);
    }
}
