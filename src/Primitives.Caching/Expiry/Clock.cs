namespace Primitives;

/// <summary>Durations in the ticks of a monotonic clock. "Never" is <see cref="long.MaxValue"/> and stays so.</summary>
internal sealed class Clock(TimeProvider timeProvider)
{
    private readonly long _frequency = timeProvider.TimestampFrequency;

    public TimeProvider TimeProvider => timeProvider;

    public long Frequency => _frequency;

    public long Now => timeProvider.GetTimestamp();

    /// <summary>Converts a duration, rounded up so that nothing ends early.</summary>
    public long ToTicks(TimeSpan? duration)
    {
        if (duration is not { } span || span == Timeout.InfiniteTimeSpan)
        {
            return long.MaxValue;
        }

        Int128 ticks = (((Int128)span.Ticks * _frequency) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        return (long)Int128.Min(ticks, long.MaxValue);
    }

    public TimeSpan ToTimeSpan(long ticks) =>
        new((long)Int128.Min((Int128)ticks * TimeSpan.TicksPerSecond / _frequency, TimeSpan.MaxValue.Ticks));

    /// <summary>The same, rounded up: waiting that long is waiting long enough.</summary>
    public TimeSpan ToTimeSpanRoundedUp(long ticks) =>
        new((long)Int128.Min((((Int128)ticks * TimeSpan.TicksPerSecond) + _frequency - 1) / _frequency, TimeSpan.MaxValue.Ticks));

    /// <summary>Adds a duration that is not negative to an instant, never beyond "never".</summary>
    public static long Add(long instant, long ticks)
    {
        long sum = unchecked(instant + ticks);
        return sum < instant ? long.MaxValue : sum;
    }
}
