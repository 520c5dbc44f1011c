namespace Primitives;

/// <summary>Conversions between time spans and ticks of a clock.</summary>
internal static class ClockTicks
{
    /// <summary>2^60 ticks: 36 years at 1 GHz. Two such spans add without overflow.</summary>
    public const long Longest = 1L << 60;

    public static Int128 RoundingUp(TimeSpan span, long frequency) =>
        (((Int128)span.Ticks * frequency) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    /// <summary>Converts a window, rounding up so that a limit per window holds for the time asked for.</summary>
    public static long OfWindow(TimeSpan window, long frequency, string parameter)
    {
        Int128 ticks = RoundingUp(window, frequency);
        return ticks <= Longest
            ? (long)ticks
            : throw new ArgumentOutOfRangeException(parameter, window, "A period of more than 2^60 clock ticks (36 years at 1 GHz) cannot be kept.");
    }

    /// <summary>Converts to a time span, rounding down.</summary>
    public static TimeSpan ToTimeSpan(long ticks, long frequency) =>
        new((long)Int128.Min((Int128)ticks * TimeSpan.TicksPerSecond / frequency, long.MaxValue));
}
