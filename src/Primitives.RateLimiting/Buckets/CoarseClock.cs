namespace Primitives;

/// <summary>The operating system's cheap clock. Nothing is computed from it: that it shows something else than before is
/// the signal to read the precise one.</summary>
internal static class CoarseClock
{
    public static long Read() => Environment.TickCount64;
}
