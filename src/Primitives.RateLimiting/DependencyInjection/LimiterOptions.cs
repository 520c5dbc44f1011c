using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>What the settings of all limiters have in common.</summary>
/// <remarks>Not thread-safe: a settings object belongs to whoever fills it; limiters copy it.</remarks>
public abstract class LimiterOptions
{
    private protected LimiterOptions()
    {
    }

    /// <summary>Gets or sets how many permits callers of <see cref="RateLimiter.AcquireAsync"/> may wait for in all.</summary>
    /// <value>0 by default: nobody waits. Not negative.</value>
    public int QueueLimit { get; set; }

    /// <summary>Gets or sets who is served first. Newest first refuses the oldest waiting callers when a newcomer needs
    /// their place.</summary>
    /// <value><see cref="QueueProcessingOrder.OldestFirst"/> by default.</value>
    public QueueProcessingOrder QueueOrder { get; set; } = QueueProcessingOrder.OldestFirst;

    internal static T Checked<T>(T options)
        where T : LimiterOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Problem() is { } problem ? throw new ArgumentException(problem, nameof(options)) : options;
    }

    internal LimiterQueue ToQueue() => new(QueueLimit, QueueOrder);

    /// <summary>Tells what is wrong with the settings, if anything is.</summary>
    internal virtual string? Problem() =>
        QueueLimit < 0 ? $"QueueLimit is {QueueLimit}; it must not be negative."
        : !Enum.IsDefined(QueueOrder) ? $"QueueOrder is {QueueOrder}, which is not an order."
        : null;
}
