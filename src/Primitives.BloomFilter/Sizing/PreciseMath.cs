namespace Primitives;

/// <summary>Two functions near zero, where the platform's <c>double.LogP1</c> and <c>double.ExpM1</c> add or subtract
/// the one first and so lose the digits they exist for.</summary>
/// <remarks><b>Source.</b> W. Kahan's corrections: the rounding error of the sum cancels in a quotient. See D. Goldberg,
/// What Every Computer Scientist Should Know About Floating-Point Arithmetic, 1991, theorem 4.</remarks>
internal static class PreciseMath
{
    /// <summary>Gives <c>ln(1 + x)</c> for x above -1.</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }

    /// <summary>Gives <c>e^x - 1</c> for x of at most 1.</summary>
    public static double ExpMinusOne(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x : power - 1 == -1 ? -1 : (power - 1) * x / Math.Log(power);
    }
}
