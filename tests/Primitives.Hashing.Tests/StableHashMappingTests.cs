using System.Numerics;
using Primitives.Testing;

namespace Primitives.Tests;

public class StableHashMappingTests
{
    /// <summary>Inverts each step of Remix, which is possible for every value only if it is a bijection.</summary>
    [Fact]
    public void Remix_can_be_undone_for_every_value() =>
        PropertyTest.Check<ulong>(value => Assert.Equal(value, Unmix(StableHash.Remix(value))), count: 10_000);

    [Fact]
    public void Remix_is_the_first_output_of_splitmix64()
    {
        // The generator's published first outputs for seed 1234567: state advances by the increment that Remix adds.
        ulong state = 1234567;
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        foreach (ulong value in expected)
        {
            Assert.Equal(value, StableHash.Remix(state));
            state = unchecked(state + 0x9E3779B97F4A7C15);
        }
    }

    [Fact]
    public void Range_is_the_scaled_hash_rounded_down() =>
        PropertyTest.Check<ulong, ulong>((hash, n) =>
        {
            n = Math.Max(1, n);
            BigInteger expected = ((BigInteger)hash * n) >> 64;
            Assert.Equal(expected, StableHash.Range(hash, n));
        }, count: 2_000);

    [Fact]
    public void Range_covers_exactly_the_numbers_below_n()
    {
        Assert.Equal(0UL, StableHash.Range(ulong.MaxValue, 1));
        foreach (ulong n in new ulong[] { 1, 2, 3, 10, 1_000, 1UL << 32, ulong.MaxValue })
        {
            Assert.Equal(0UL, StableHash.Range(0, n));
            Assert.Equal(n - 1, StableHash.Range(ulong.MaxValue, n));
        }
    }

    [Fact]
    public void Range_gives_each_result_an_equal_share_of_hashes_up_to_one()
    {
        // The first hash of each result is ceil(result * 2^64 / n); the shares are the gaps between them.
        const ulong N = 1_000;
        BigInteger floor = (BigInteger.One << 64) / N;
        for (ulong result = 0; result < N; result++)
        {
            BigInteger first = CeilingDivide((BigInteger)result << 64, N);
            BigInteger next = CeilingDivide((BigInteger)(result + 1) << 64, N);
            Assert.InRange(next - first, floor, floor + 1);
            Assert.Equal(result, StableHash.Range((ulong)first, N));
            Assert.Equal(result, StableHash.Range((ulong)(next - 1), N));
        }
    }

    [Fact]
    public void Range_refuses_zero_results()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>("n", () => StableHash.Range(1, 0));
        Assert.Contains("n", error.Message, StringComparison.Ordinal);
    }

    private static BigInteger CeilingDivide(BigInteger dividend, BigInteger divisor) => (dividend + divisor - 1) / divisor;

    private static ulong Unmix(ulong value)
    {
        unchecked
        {
            value = UndoShift(value, 31) * InverseOf(0x94D049BB133111EB);
            value = UndoShift(value, 27) * InverseOf(0xBF58476D1CE4E5B9);
            return UndoShift(value, 30) - 0x9E3779B97F4A7C15;
        }
    }

    private static ulong UndoShift(ulong value, int shift)
    {
        ulong result = value;
        for (int i = shift; i < 64; i += shift)
        {
            result = value ^ (result >> shift);
        }

        return result;
    }

    // Newton's iteration: an odd number is its own inverse modulo 8, and each step doubles the correct bits.
    private static ulong InverseOf(ulong odd)
    {
        ulong inverse = odd;
        for (int i = 0; i < 5; i++)
        {
            inverse = unchecked(inverse * (2 - (odd * inverse)));
        }

        return inverse;
    }
}
