namespace Primitives;

/// <summary>Counters of one bulkhead since it was created, and what is in it now. Read one after another.</summary>
/// <param name="InUse">The places taken.</param>
/// <param name="Queued">The callers waiting.</param>
/// <param name="Rejected">Refusals because it was full.</param>
/// <param name="TimedOut">Refusals after too long a wait.</param>
public readonly record struct BulkheadStatistics(int InUse, int Queued, long Rejected, long TimedOut);
