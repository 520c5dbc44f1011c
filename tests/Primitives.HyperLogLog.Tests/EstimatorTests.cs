namespace Primitives.Tests;

public class EstimatorTests
{
    [Fact]
    public void The_likelihood_equation_is_solved_to_the_last_digits()
    {
        var random = new Random(11);
        for (int round = 0; round < 2_000; round++)
        {
            int[] present = new int[random.Next(20, 61)];
            for (int i = 0; i < random.Next(1, 20); i++)
            {
                present[random.Next(present.Length)] += random.Next(1, 1 << random.Next(1, 18));
            }

            if (present.Sum() == 0)
            {
                continue;
            }

            double missing = Math.ScaleB(random.NextDouble() + 0.01, random.Next(-40, 15));
            double x = MaximumLikelihood.Solve(missing, present);

            // The derivative of the log-likelihood changes its sign within a millionth of x.
            Assert.True(Derivative(x * (1 - 1e-6)) > 0, $"{x} is too high");
            Assert.True(Derivative(x * (1 + 1e-6)) < 0, $"{x} is too low");

            double Derivative(double at)
            {
                double sum = -missing;
                for (int k = 0; k < present.Length; k++)
                {
                    double y = Math.ScaleB(at, -k);
                    sum += present[k] * Math.ScaleB(1, -k) * (y < 1e-5 ? (1 / y) - 0.5 + (y / 12) : 1 / (Math.Exp(y) - 1));
                }

                return sum;
            }
        }
    }

    [Fact]
    public void Nothing_seen_is_zero_and_everything_seen_is_infinite()
    {
        Assert.Equal(0, MaximumLikelihood.Solve(1, [0, 0, 0]));
        Assert.Equal(double.PositiveInfinity, MaximumLikelihood.Solve(0, [0, 1, 0]));

        int[] full = new int[52];
        full[51] = 16_384;
        Assert.Equal(double.PositiveInfinity, ImprovedEstimator.Estimate(full));
        int[] empty = new int[52];
        empty[0] = 16_384;
        Assert.Equal(0, ImprovedEstimator.Estimate(empty));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(14)]
    public void Estimates_follow_the_number_of_keys_from_one_to_the_end_of_the_range(int precision)
    {
        // Registers without chance: as many of each value as are expected after n keys.
        for (double n = 1; n < 1e18; n *= 7)
        {
            Assert.InRange(OfExpected<HyperLogLogRegisters>(n, precision, below: 0) / n, 0.99, 1.01);
            Assert.InRange(OfExpected<UltraLogLogRegisters>(n, precision, below: 2) / n, 0.99, 1.01);
        }
    }

    // below: how many ranks under the highest a register knows of.
    private static double OfExpected<T>(double n, int precision, int below)
        where T : struct, IRegisters
    {
        const double Total = 1e9; // many registers, so that rounding to whole ones does not matter
        double registers = Math.ScaleB(1, precision);
        int[] histogram = new int[256];
        for (int value = 0; value < histogram.Length; value++)
        {
            histogram[value] = T.IsPossible((byte)value, precision) ? (int)Math.Round(Total * Probability((byte)value)) : 0;
        }

        // HyperLogLog counts the registers it is given, UltraLogLog goes by the precision.
        double estimate = T.Estimate(histogram, precision);
        return typeof(T) == typeof(HyperLogLogRegisters)
            ? estimate * registers / histogram.Sum(count => (double)count)
            : estimate * (1 + (0.48147 / registers));

        // That no rank came which the register does not cover, and that those came which it knows of.
        double Probability(byte value)
        {
            double probability = 1;
            int known = below + 1;
            bool isBelowHighest = false;
            for (int rank = 65 - precision; rank >= 1 && known > 0; rank--)
            {
                double none = Math.Exp(-n / registers * Math.ScaleB(1, -Math.Min(rank, 64 - precision)));
                bool isCovered = T.Covers(value, rank - 1, precision);
                probability *= isCovered ? 1 - none : none;
                isBelowHighest |= isCovered;
                known -= isBelowHighest ? 1 : 0;
            }

            return probability;
        }
    }
}
