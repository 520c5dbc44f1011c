using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The words a generator writes, kept off the cache lines of anything else: 128 bytes, because processors
/// fetch lines in pairs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 320)]
internal struct GeneratorWords
{
    /// <summary>The last id taken; see <see cref="StateFormat"/>.</summary>
    [FieldOffset(128)]
    public long State;

    /// <summary>The latest tick the clock ever showed.</summary>
    [FieldOffset(136)]
    public long ClockHigh;

    /// <summary>The latest tick of which ids were handed out before the clock reached it because it had gone back, or
    /// because the high-water mark was ahead of it.</summary>
    [FieldOffset(144)]
    public long HeldTo;

    /// <summary>By how many ticks the generator's time was last ahead of a clock that had gone back.</summary>
    [FieldOffset(152)]
    public long HoldBy;

    /// <summary>The <see cref="ClockHigh"/> of the last rollback that was counted.</summary>
    [FieldOffset(160)]
    public long RollbackSeenAt;

    [FieldOffset(168)]
    public long Overflows;

    [FieldOffset(176)]
    public long Waits;

    [FieldOffset(184)]
    public long Rollbacks;
}
