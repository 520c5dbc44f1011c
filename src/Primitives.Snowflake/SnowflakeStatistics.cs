namespace Primitives;

/// <summary>Counters of one generator since it was created. A snapshot; the counters are read one after another.</summary>
/// <param name="Overflows">How often the sequence ran out: a tick was used up before the clock reached the next, or a
/// caller was refused because it was.</param>
/// <param name="Waits">How often a caller had to wait for a tick.</param>
/// <param name="ClockRollbacks">How often the clock was seen to go back behind ids already made. Counted once until the
/// clock has passed its earlier reading again.</param>
/// <param name="TicksAhead">By how many ticks the last id is ahead of the clock now; zero when it is not.</param>
public readonly record struct SnowflakeStatistics(long Overflows, long Waits, long ClockRollbacks, long TicksAhead);
