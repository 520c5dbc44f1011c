namespace Primitives.Tests;

public class RateFormulaTests
{
    /// <summary>Expanding the eighth power turns the sum over loads into nine powers: exact, but it cancels digits, so
    /// it serves here and not in the code.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(30, 1)]
    [InlineData(5, 2)]
    [InlineData(100, 5)]
    [InlineData(100, 3)]
    [InlineData(1_000, 41)]
    [InlineData(1_000_000, 41_133)]
    [InlineData(10_000_000, 234_000)]
    [InlineData(1_000, 4)]
    [InlineData(1_093, 2)]
    [InlineData(1_000, 2)]
    [InlineData(1_000_000_000, 41_133_000)]
    [InlineData(10_000_000_000, 600_000_000)]
    public void Split_blocks_equal_the_closed_form(double keys, double blocks)
    {
        double exact = 0;
        double sign = 1;
        double choose = 1;
        for (int j = 0; j <= 8; j++)
        {
            exact += sign * choose * Math.Exp(keys * PreciseMath.LogOnePlus(-(1 - Math.Pow(31.0 / 32, j)) / blocks));
            sign = -sign;
            choose = choose * (8 - j) / (j + 1);
        }

        exact += keys / blocks / Math.Pow(2, 32);
        Assert.InRange(RateFormula.SplitBlocks(keys, blocks), exact - 2e-12 - (exact * 1e-6), exact + 2e-12 + (exact * 1e-6));
    }

    [Fact]
    public void Split_blocks_approach_the_poisson_sum_that_the_literature_gives()
    {
        // Bits a key for 10, 3, 1, 0.1 and 0.01 %.
        foreach ((double rate, double bitsPerKey) in ((double, double)[])[(0.1, 5.99), (0.03, 8.20), (0.01, 10.53), (0.001, 16.89), (0.0001, 26.34)])
        {
            double load = 256 / bitsPerKey;
            Assert.InRange(RateFormula.SplitBlocks(load * 1e6, 1e6) / rate, 0.99, 1.01);
        }
    }

    /// <summary>The distribution of the number of set bits, throw by throw.</summary>
    [Theory]
    [InlineData(3, 64, 14)]
    [InlineData(5, 64, 8)]
    [InlineData(10, 128, 9)]
    [InlineData(10, 256, 17)]
    [InlineData(30, 640, 15)]
    [InlineData(100, 1_024, 7)]
    [InlineData(100, 2_048, 14)]
    [InlineData(400, 1_024, 4)]
    public void Classic_equals_the_exact_distribution_within_one_percent(int keys, int bits, int hashCount)
    {
        double[] probability = new double[bits + 1];
        probability[0] = 1;
        for (int i = 0; i < keys * hashCount; i++)
        {
            for (int set = Math.Min(bits, i + 1); set >= 1; set--)
            {
                probability[set] = (probability[set] * set / bits) + (probability[set - 1] * (bits - set + 1) / bits);
            }

            probability[0] = 0;
        }

        double exact = 0;
        for (int set = 0; set <= bits; set++)
        {
            exact += probability[set] * Math.Pow((double)set / bits, hashCount);
        }

        Assert.InRange(RateFormula.Classic(keys, bits, hashCount) / exact, 0.99, 1.01);
    }

    [Fact]
    public void Classic_approaches_the_popular_formula_in_large_filters_and_exceeds_it_in_small_ones()
    {
        Assert.InRange(RateFormula.Classic(1e9, 9.585e9, 7) / Popular(1e9, 9.585e9, 7), 0.999_99, 1.000_01);
        Assert.InRange(RateFormula.Classic(100, 1_920, 13) / Popular(100, 1_920, 13), 1.005, 1.1);

        static double Popular(double keys, double bits, int k) => Math.Pow(1 - Math.Exp(-k * keys / bits), k);
    }

    [Fact]
    public void Functions_near_zero_keep_their_digits()
    {
        foreach (double x in (double[])[-0.5, -0.1, -1e-3, -1e-9, -1e-15, -1e-300, 0, 1e-300, 1e-15, 1e-9, 1e-3, 0.1, 0.5])
        {
            // Two different series, summed until nothing is added.
            double log = 0;
            double exp = 0;
            double power = x;
            double factorial = 1;
            for (int i = 1; i < 200; i++, power *= x)
            {
                factorial *= i;
                log += (i % 2 == 0 ? -1 : 1) * power / i;
                exp += i < 150 ? power / factorial : 0;
            }

            Assert.InRange(PreciseMath.LogOnePlus(x) - log, -Math.Abs(log) * 1e-14, Math.Abs(log) * 1e-14);
            Assert.InRange(PreciseMath.ExpMinusOne(x) - exp, -Math.Abs(exp) * 1e-14, Math.Abs(exp) * 1e-14);
        }

        Assert.Equal(-1, PreciseMath.ExpMinusOne(-1e6));
    }

    [Fact]
    public void Extremes_are_rates()
    {
        Assert.Equal(0, RateFormula.SplitBlocks(0, 1));
        Assert.Equal(0, RateFormula.SplitBlocks(0, 1e6));
        Assert.Equal(0, RateFormula.Classic(0, 64, 1));
        foreach (double keys in (double[])[1, 64, 1e5, 1e12, long.MaxValue])
        {
            foreach (double units in (double[])[64, 1e3, 1e6, Math.Pow(2, 31)])
            {
                Assert.InRange(RateFormula.SplitBlocks(keys, units), double.Epsilon, 1);
                Assert.InRange(RateFormula.Classic(keys, units * 64, 7), double.Epsilon, 1);
            }
        }

        Assert.Equal(1, RateFormula.SplitBlocks(1e9, 10), 1e-9);
        Assert.Equal(1, RateFormula.Classic(1e9, 640, 7), 1e-9);
    }

    [Fact]
    public void A_shape_is_the_smallest_that_keeps_the_promise_but_for_rounding()
    {
        foreach (BloomFilterLayout layout in (BloomFilterLayout[])[BloomFilterLayout.SplitBlock, BloomFilterLayout.Classic])
        {
            int unit = layout == BloomFilterLayout.SplitBlock ? 256 : 64;
            foreach (double rate in (double[])[0.9, 0.5, 0.1, 0.03, 0.01, 0.001, 0.0001, 1e-6])
            {
                for (long capacity = 1; capacity < 3_000_000_000; capacity = (capacity * 3) + 1)
                {
                    FilterShape shape = FilterShape.For(capacity, rate, layout);
                    Assert.InRange(shape.Rate(capacity), double.Epsilon, rate);
                    Assert.True(shape.CapacityAt(rate) >= capacity);

                    // A unit less, or 1/256 less where sizes are rounded so that they can be halved, would not do.
                    long smaller = Math.Min((shape.BitCount / unit) - 1, shape.BitCount / unit * 255 / 256);
                    if (smaller > 0)
                    {
                        FilterShape less = layout == BloomFilterLayout.SplitBlock ? new FilterShape(smaller) : new FilterShape(smaller, shape.HashCount);
                        Assert.True(less.Rate(capacity) > rate, $"{layout} {rate} {capacity}: {shape.BitCount} bits are too many.");
                    }
                }
            }
        }
    }
}
