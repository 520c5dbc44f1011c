using System.Globalization;
using System.Text.RegularExpressions;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>These tests set the runner's environment variables, and so run one after another.</summary>
[Collection("PropertyTest environment")]
public class PropertyTestTests
{
    [Fact]
    public void A_failure_prints_the_counter_example_and_a_seed_that_replays_the_same_cases()
    {
        var first = new List<int>();
        var error = Assert.Throws<PropertyFailedException>(() => PropertyTest.Check<int>(value =>
        {
            first.Add(value);
            Assert.True(value < 20, "too large");
        }));
        Match seed = Regex.Match(error.Message, $"{PropertyTest.SeedVariable}=(\\d+)");
        Assert.True(seed.Success, error.Message);

        var second = new List<int>();
        With(PropertyTest.SeedVariable, seed.Groups[1].Value, () =>
            Assert.Throws<PropertyFailedException>(() => PropertyTest.Check<int>(value =>
            {
                second.Add(value);
                Assert.True(value < 20, "too large");
            })));
        Assert.Equal(first, second);

        // Shrinking finds the smallest failing value, and the message shows it.
        Assert.Equal(20, first.Where(value => value >= 20).Min());
        Assert.Contains("20", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_without_a_seed_try_different_cases()
    {
        var first = new List<int>();
        var second = new List<int>();
        PropertyTest.Check<int>(first.Add);
        PropertyTest.Check<int>(second.Add);
        Assert.Equal(100, first.Count);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_failing_sequence_is_shrunk_to_its_essential_operations()
    {
        string[] shortest = [];
        Assert.Throws<PropertyFailedException>(() => PropertyTest.CheckSequence(
            Gen.Elements("open", "write", "close"),
            operations =>
            {
                bool fails = operations.Count(operation => operation == "close") >= 2;
                if (fails)
                {
                    shortest = operations;
                }

                Assert.False(fails);
            }));
        Assert.Equal(["close", "close"], shortest);
    }

    [Theory]
    [InlineData("250", 250, 25)]
    [InlineData("10", 10, 1)]
    public void The_count_variable_scales_all_properties(string variable, int ordinary, int small)
    {
        int ordinaryRuns = 0;
        int smallRuns = 0;
        With(PropertyTest.CountVariable, variable, () =>
        {
            PropertyTest.Check<int>(_ => ordinaryRuns++);
            PropertyTest.Check<int>(_ => smallRuns++, count: 10);
        });
        Assert.Equal(ordinary, ordinaryRuns);
        Assert.Equal(small, smallRuns);
    }

    private static void With(string variable, string value, Action action)
    {
        string? before = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, value.ToString(CultureInfo.InvariantCulture));
        try
        {
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, before);
        }
    }
}
