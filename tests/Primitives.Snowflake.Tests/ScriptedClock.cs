namespace Primitives.Tests;

/// <summary>A wall clock whose reading is a function of how often it was read, so that threads that race through it see
/// it move, stall, jump and go back without anybody at the controls. Thread-safe.</summary>
/// <param name="start">The time before the first reading.</param>
/// <param name="script">Gives the 100 ns since <paramref name="start"/> at the n-th reading.</param>
internal sealed class ScriptedClock(DateTimeOffset start, Func<long, long> script) : TimeProvider
{
    private long _readings;

    public long Readings => Volatile.Read(ref _readings);

    public override DateTimeOffset GetUtcNow() => start.AddTicks(script(Interlocked.Increment(ref _readings)));
}
