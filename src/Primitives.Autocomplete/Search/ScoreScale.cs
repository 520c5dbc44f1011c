namespace Primitives;

/// <summary>
/// Turns scores into ranks, 64-bit integers whose order is that of the scores, and back. Immutable.
/// </summary>
/// <remarks>
/// A decaying score s, as of time t, has the rank of log2(s) + (t - 2020) / half-life. Forward decay: as all scores halve
/// together, the order of these numbers does not change with time, and no term needs a new rank because time has passed.
/// Kept as logarithms, they do not overflow either.
/// </remarks>
internal sealed class ScoreScale
{
    private static readonly DateTime Epoch = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly TimeProvider _clock;

    public ScoreScale(AutocompleteScores scores, TimeSpan? halfLife, TimeProvider clock)
    {
        IsInteger = halfLife is null && scores == AutocompleteScores.Int64;
        HalfLife = halfLife;
        _clock = clock;
    }

    public bool IsInteger { get; }

    public TimeSpan? HalfLife { get; }

    public TimeProvider Clock => _clock;

    /// <summary>Gets the rank of an integer score.</summary>
    public long FromScore(long score)
    {
        if (IsInteger)
        {
            return score;
        }

        return FromScore(Exactly(score, nameof(score)));
    }

    /// <summary>Gets the rank of a floating-point score.</summary>
    public long FromScore(double score)
    {
        if (IsInteger)
        {
            throw new InvalidOperationException("The index holds integer scores; set AutocompleteOptions.Scores to Double.");
        }

        if (!double.IsFinite(score))
        {
            throw new ArgumentOutOfRangeException(nameof(score), score, "A score is a finite number.");
        }

        if (HalfLife is null)
        {
            return Sortable(score + 0.0); // -0 becomes 0
        }

        ArgumentOutOfRangeException.ThrowIfNegative(score);
        return Sortable(Math.Log2(score) + HalfLives()); // 0 becomes minus infinity, below all others
    }

    /// <summary>Gets the score of a rank, of now if it decays.</summary>
    public double ToScore(long rank) =>
        IsInteger ? rank : HalfLife is null ? FromSortable(rank) : double.Exp2(FromSortable(rank) - HalfLives());

    /// <summary>Gets the rank of the sum of the score of <paramref name="rank"/> and an integer.</summary>
    public long Add(long rank, long delta)
    {
        if (!IsInteger)
        {
            return Add(rank, Exactly(delta, nameof(delta)));
        }

        return checked(rank + delta);
    }

    /// <summary>Gets the rank of the sum of the score of <paramref name="rank"/> and a floating-point number.</summary>
    public long Add(long rank, double delta)
    {
        if (HalfLife is null || delta < 0 || !double.IsFinite(delta))
        {
            return FromScore(ToScore(rank) + delta);
        }

        return SumOfRanks(rank, FromScore(delta));
    }

    /// <summary>Gets the rank of the sum of two scores, both of the same time if they decay.</summary>
    public long SumOfRanks(long first, long second)
    {
        if (IsInteger)
        {
            return checked(first + second);
        }

        double a = FromSortable(first);
        double b = FromSortable(second);
        if (HalfLife is null)
        {
            double sum = a + b;
            return double.IsFinite(sum) ? Sortable(sum) : throw new OverflowException("The sum of the scores is not finite.");
        }

        // log2(2^a + 2^b) without leaving the logarithms.
        double high = Math.Max(a, b);
        return double.IsNegativeInfinity(high) ? Sortable(high) : Sortable(high + Math.Log2(1 + double.Exp2(Math.Min(a, b) - high)));
    }

    /// <summary>Gets the rank of a score times a factor of at least 1, not lower for a higher rank or factor.</summary>
    /// <remarks>A negative score is divided instead: the factor is to lift it.</remarks>
    public long Lift(long rank, double factor)
    {
        if (IsInteger)
        {
            return Sortable(rank < 0 ? rank / factor : rank * factor);
        }

        double value = FromSortable(rank);
        return Sortable(HalfLife is not null ? value + Math.Log2(factor) : value < 0 ? value / factor : value * factor);
    }

    /// <summary>Gets whether bytes read from outside are a rank of this scale.</summary>
    public bool IsPossible(long rank) =>
        IsInteger || (FromSortable(rank) is double value && (double.IsFinite(value) || (HalfLife is not null && double.IsNegativeInfinity(value))));

    /// <summary>Gets the rank of the same score in this scale.</summary>
    public long Convert(long rank, ScoreScale from) =>
        IsInteger == from.IsInteger && HalfLife == from.HalfLife ? rank
        : from.IsInteger ? FromScore(rank)
        : FromScore(from.ToScore(rank));

    // Beyond 2^53 the double may be another number. 2^63 would come back as 2^63 - 1, and seem exact.
    private static double Exactly(long score, string parameter)
    {
        double converted = score;
        return converted < 9223372036854775808.0 && (long)converted == score ? converted
            : throw new ArgumentOutOfRangeException(parameter, score, "The index holds floating-point scores, and this one has no exact one.");
    }

    private double HalfLives() => (_clock.GetUtcNow().UtcDateTime - Epoch) / HalfLife!.Value;

    // The bits of a double, as an integer, sort like the double if the lower 63 of a negative one are inverted.
    private static long Sortable(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    private static double FromSortable(long rank) => BitConverter.Int64BitsToDouble(rank ^ ((rank >> 63) & long.MaxValue));
}
