namespace Primitives;

/// <summary>
/// Orders completions by <c>score * (1 + weight * 2^(-age / half-life))</c>, where the age is that of the time in
/// <see cref="Completion.Payload"/>: what was used lately rises, what was not keeps its score.
/// </summary>
/// <remarks>The order is exact, not a re-ranking of the few best by score: the search goes on until no term with a lower
/// score can still get ahead. A negative score is divided by the factor. Immutable.</remarks>
public readonly struct RecencyBlend : IEquatable<RecencyBlend>
{
    /// <summary>Creates a blend.</summary>
    /// <param name="weight">What a term used right now gains, as a part of its score: 1 doubles it. From 0 to 1,000,000.
    /// The higher, the more terms have to be looked at.</param>
    /// <param name="halfLife">The age at which half of the gain is left. Positive.</param>
    /// <param name="now">The time to which ages are taken. A later payload counts as this time.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weight"/> or <paramref name="halfLife"/> is out of
    /// range.</exception>
    public RecencyBlend(double weight, TimeSpan halfLife, DateTimeOffset now)
    {
        if (!(weight is >= 0 and <= 1e6))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The weight must be from 0 to 1,000,000.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(halfLife, TimeSpan.Zero);
        Weight = weight;
        HalfLife = halfLife;
        Now = now;
    }

    /// <summary>Gets what a term used right now gains, as a part of its score.</summary>
    public double Weight { get; }

    /// <summary>Gets the age at which half of the gain is left.</summary>
    public TimeSpan HalfLife { get; }

    /// <summary>Gets the time to which ages are taken.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>Gets the payload that stands for a time of use.</summary>
    /// <param name="time">The time.</param>
    /// <returns>Milliseconds since 1970, as of <see cref="DateTimeOffset.ToUnixTimeMilliseconds"/>.</returns>
    public static long ToPayload(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    /// <summary>Compares two blends.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same.</returns>
    public static bool operator ==(RecencyBlend left, RecencyBlend right) => left.Equals(right);

    /// <summary>Compares two blends.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they differ.</returns>
    public static bool operator !=(RecencyBlend left, RecencyBlend right) => !left.Equals(right);

    /// <summary>Compares with another blend.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether they are the same.</returns>
    public bool Equals(RecencyBlend other) =>
        Weight.Equals(other.Weight) && HalfLife == other.HalfLife && Now == other.Now;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RecencyBlend other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Weight, HalfLife, Now);

    /// <summary>Gets the factor of a score.</summary>
    internal double Factor(long payload)
    {
        // A payload that is no time is as old as can be, or as new; both are within the arithmetic of doubles.
        double age = Math.Max(0, Now.ToUnixTimeMilliseconds() - (double)payload);
        return 1 + (Weight * double.Exp2(-age / HalfLife.TotalMilliseconds));
    }
}
