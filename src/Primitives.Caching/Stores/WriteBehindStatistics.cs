namespace Primitives;

/// <summary>What a <see cref="WriteBehind{TKey, TValue}"/> did so far.</summary>
/// <param name="Accepted">Writes taken on. While none is in flight,
/// <c>Accepted = Written + Coalesced + GivenUp + Pending</c>.</param>
/// <param name="Written">Writes the store made.</param>
/// <param name="Coalesced">Writes that a later one of the same key made unnecessary.</param>
/// <param name="GivenUp">Writes given up after the last attempt, or when the time to dispose ran out.</param>
/// <param name="Pending">Keys that wait to be written.</param>
/// <param name="FailedAttempts">Calls of the store that failed.</param>
/// <remarks>An immutable snapshot.</remarks>
public readonly record struct WriteBehindStatistics(
    long Accepted, long Written, long Coalesced, long GivenUp, int Pending, long FailedAttempts);
