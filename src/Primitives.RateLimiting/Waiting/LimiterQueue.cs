using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>How many may wait, and in which order they are served.</summary>
/// <param name="Limit">In permits. 0: nobody waits.</param>
/// <param name="Order">The order.</param>
internal readonly record struct LimiterQueue(int Limit, QueueProcessingOrder Order)
{
    public static LimiterQueue None => new(0, QueueProcessingOrder.OldestFirst);
}
