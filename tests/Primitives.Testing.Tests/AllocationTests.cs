using Primitives.Testing;

namespace Primitives.Tests;

public class AllocationTests
{
    private static object? _sink;

    [Fact]
    public void Code_that_allocates_nothing_passes()
    {
        long sum = 0;
        Allocation.AssertNone(() => sum += sum ^ 3);
    }

    [Fact]
    public void Code_that_allocates_fails_with_the_bytes_a_call()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Allocation.AssertNone(() => _sink = new byte[100]));
        Assert.Contains("128 bytes", error.Message, StringComparison.Ordinal); // 100, the header and padding
    }

    [Fact]
    public void A_rare_allocation_is_not_averaged_away()
    {
        int calls = 0;
        Assert.Throws<InvalidOperationException>(() => Allocation.AssertNone(() =>
        {
            if (++calls % 500 == 0)
            {
                _sink = new object();
            }
        }));
    }
}
