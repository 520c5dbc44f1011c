using System.Numerics;
using Primitives.Testing;

namespace Primitives.Tests;

public class DrawLogTests
{
    private const int Bits = 120; // of the exact logarithms' fraction
    private static readonly BigInteger One = BigInteger.One << Bits;
    private static readonly BigInteger Ln2 = 2 * Artanh(One / 3);

    /// <summary>These bits are part of what keys are placed by: they may differ neither between machines nor between
    /// releases. A few lines of Python give the same.</summary>
    [Theory]
    [InlineData(0UL, 0x42C62E42FEFA396FUL)]
    [InlineData(1UL, 0x42C62E42FEFA396FUL)]
    [InlineData(0x8000000000000000UL, 0x42662E42FEFA19EFUL)]
    [InlineData(0xB504F333F9DE6484UL, 0x42562E42FEFA5B4FUL)]
    [InlineData(0x0123456789ABCDEFUL, 0x4295AA16394D4AF3UL)]
    [InlineData(0xFEDCBA9876543210UL, 0x41F23EB991328EAAUL)]
    [InlineData(ulong.MaxValue, 0x3FE0000000000400UL)]
    public void Results_are_fixed_to_the_bit(ulong draw, ulong bits) =>
        Assert.Equal(bits, BitConverter.DoubleToUInt64Bits(DrawLog.MinusLog(draw)));

    [Fact]
    public void Results_are_the_logarithm_of_the_middle_of_the_cell_within_2e_minus_14()
    {
        double worst = 0;
        foreach (ulong draw in Draws())
        {
            worst = Math.Max(worst, Math.Abs((double)(Exact(draw) - Fixed(DrawLog.MinusLog(draw) * DrawLog.Unit)) / (double)One));
        }

        Assert.InRange(worst, 0, 2e-14);
    }

    [Fact]
    public void Results_are_the_logarithm_of_the_draw_within_2_to_the_minus_40()
    {
        foreach (ulong draw in Draws().Where(draw => draw > 1UL << 45))
        {
            double fraction = (draw + 0.5) / Math.Pow(2, 64);
            Assert.Equal(-Math.Log(fraction), DrawLog.MinusLog(draw) * DrawLog.Unit, Math.Pow(2, -40));
        }
    }

    /// <summary>Neighbouring cells, at the ends of every octave, around the square root of 1/2, where the argument is
    /// doubled, and at random: the larger draw has the strictly smaller logarithm. Within a cell it is the same.</summary>
    [Fact]
    public void Results_fall_from_cell_to_cell()
    {
        foreach (ulong draw in Draws())
        {
            int zeros = BitOperations.LeadingZeroCount(draw | 1);
            ulong cell = 1UL << Math.Max(0, 24 - zeros);
            ulong first = (draw | 1) & ~(cell - 1);
            Assert.Equal(DrawLog.MinusLog(first), DrawLog.MinusLog(first + cell - 1));
            if (cell > 1 && first <= ulong.MaxValue - cell)
            {
                Assert.True(DrawLog.MinusLog(first + cell) < DrawLog.MinusLog(first), $"{draw:X}");
            }
        }
    }

    [Fact]
    public void Results_never_rise_with_the_draw()
    {
        PropertyTest.Check<ulong, ulong>(
            (one, other) => Assert.True(DrawLog.MinusLog(Math.Max(one, other)) <= DrawLog.MinusLog(Math.Min(one, other))),
            count: 10_000);
        double previous = double.PositiveInfinity;
        for (ulong draw = 0; draw < 100_000; draw++)
        {
            double next = DrawLog.MinusLog(draw);
            Assert.True(next <= previous);
            previous = next;
        }
    }

    [Fact]
    public void The_cheap_bound_is_never_above()
    {
        foreach (ulong draw in Draws())
        {
            Assert.True(DrawLog.AtMostMinusLog(draw) < DrawLog.MinusLog(draw), $"{draw:X}");
            Assert.True(DrawLog.AtMostMinusLog(draw) >= 0);
        }
    }

    private static IEnumerable<ulong> Draws()
    {
        var random = new Random(1);
        ulong[] marks = [0, 0xB504F333F9DE6484]; // 2^63.5
        for (int shift = 0; shift < 64; shift++)
        {
            foreach (ulong mark in (ulong[])[1UL << shift, (ulong)Math.Pow(2, shift + 0.5), ulong.MaxValue >> shift, .. marks])
            {
                for (int cells = -3; cells <= 3; cells++)
                {
                    yield return unchecked(mark + (ulong)((long)cells << 24));
                    yield return unchecked(mark + (ulong)((long)cells << Math.Max(0, shift - 40)));
                    yield return unchecked(mark + (ulong)cells);
                }
            }

            for (int i = 0; i < 50; i++)
            {
                yield return (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> shift;
            }
        }
    }

    // -ln of the middle of the draw's cell, by big integers.
    private static BigInteger Exact(ulong draw)
    {
        draw |= 1;
        int zeros = BitOperations.LeadingZeroCount(draw);
        BigInteger twice = (2 * (BigInteger)((draw << zeros) >> 24)) + 1; // the middle is this over 2^(41 + zeros)
        BigInteger fraction = (twice << Bits) >> 41;
        return (zeros * Ln2) - (2 * Artanh(((fraction - One) << Bits) / (fraction + One)));
    }

    private static BigInteger Artanh(BigInteger x)
    {
        BigInteger square = (x * x) >> Bits;
        BigInteger sum = 0;
        for (int odd = 1; !x.IsZero && odd < 1_000; odd += 2)
        {
            sum += x / odd;
            x = (x * square) >> Bits;
        }

        return sum;
    }

    private static BigInteger Fixed(double value) => (BigInteger)(value * Math.Pow(2, Bits));
}
