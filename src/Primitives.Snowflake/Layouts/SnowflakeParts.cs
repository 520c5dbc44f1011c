namespace Primitives;

/// <summary>What an id says about its making. Immutable.</summary>
/// <param name="Timestamp">The start, in UTC, of the tick it was made in.</param>
/// <param name="WorkerId">The worker that made it. Not negative.</param>
/// <param name="Sequence">Its number within the tick. Not negative.</param>
public readonly record struct SnowflakeParts(DateTimeOffset Timestamp, int WorkerId, int Sequence);
