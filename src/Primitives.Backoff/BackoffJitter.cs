namespace Primitives;

/// <summary>How chance spreads the delays of a <see cref="Backoff"/>, so that clients that failed together do not come back
/// together. <c>e</c> is the delay without jitter, already capped: the cap bounds the range that is drawn from, so jitter
/// is not lost once delays reach it.</summary>
public enum BackoffJitter
{
    /// <summary>Exactly <c>e</c>. Clients that fail at once retry at once.</summary>
    None,

    /// <summary>Uniform in <c>[0, e)</c>: the fewest calls and the flattest arrivals.</summary>
    Full,

    /// <summary>Uniform in <c>[e/2, e)</c>: never soon.</summary>
    Equal,
}
