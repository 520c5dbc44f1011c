namespace Primitives;

/// <summary>The settings of a <see cref="WriteBehind{TKey, TValue}"/>.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>Read once, when it is created.</remarks>
public sealed class WriteBehindOptions<TKey, TValue>
    where TKey : notnull
{
    // Timers end at 49 days; nobody means to wait for half as long.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Gets or sets how many keys may wait to be written. Beyond that, writers of further keys wait.</summary>
    /// <value>10,000 by default. At least 1. It is also the most that a crash can lose.</value>
    public int Capacity { get; set; } = 10_000;

    /// <summary>Gets or sets the most writes in one call of the store.</summary>
    /// <value>100 by default. At least 1. A full batch is written at once, and so is a full queue.</value>
    public int MaxBatchSize { get; set; } = 100;

    /// <summary>Gets or sets how long a write may wait for others to be written with it.</summary>
    /// <value>One second by default. From 0 to one day; longer lets more writes of one key become one.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the pause after a failed batch. It doubles with each further failure.</summary>
    /// <value>One second by default. Positive, at most one day.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the longest pause between two attempts.</summary>
    /// <value>30 seconds by default. At least <see cref="RetryDelay"/>, at most one day.</value>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets after how many failed attempts a write is given up. From 2 on, the last one is made with that
    /// write alone, so that one the store refuses takes no others with it.</summary>
    /// <value><see langword="null"/> (default): never. At least 1: then a failed batch is lost at once.</value>
    public int? MaxAttempts { get; set; }

    /// <summary>Gets or sets how long disposing goes on trying to write what is left.</summary>
    /// <value>30 seconds by default. Positive and at most one day, or <see cref="Timeout.InfiniteTimeSpan"/>.</value>
    public TimeSpan DisposeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets what is told of each failed attempt, and of writes given up.</summary>
    /// <value><see langword="null"/> by default. Called in the background, one call at a time, outside all locks; what it
    /// throws is ignored.</value>
    public Action<WriteBehindFailure<TKey, TValue>>? OnFailure { get; set; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDelay, Longest);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryDelay, RetryDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRetryDelay, Longest);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts ?? 1, 1, nameof(MaxAttempts));
        if (DisposeTimeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DisposeTimeout, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(DisposeTimeout, Longest);
        }
    }
}
