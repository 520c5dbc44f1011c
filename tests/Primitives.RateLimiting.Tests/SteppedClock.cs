using System.Numerics;

namespace Primitives.Tests;

/// <summary>A clock that is set to any timestamp, also an earlier one.</summary>
internal sealed class SteppedClock(long frequency = 1_000_000_000, long timestamp = 12_345) : TimeProvider
{
    private long _timestamp = timestamp;

    public long Now
    {
        get => Volatile.Read(ref _timestamp);
        set => Volatile.Write(ref _timestamp, value);
    }

    public override long TimestampFrequency => frequency;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public void Step(BigInteger ticks) => Now = (long)(Now + ticks);

    public void Step(TimeSpan span) => Step(new BigInteger(span.Ticks) * frequency / TimeSpan.TicksPerSecond);
}
