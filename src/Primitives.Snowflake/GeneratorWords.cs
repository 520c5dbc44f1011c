using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The words a generator writes, kept off the cache lines of anything else: 128 bytes, because processors
/// fetch lines in pairs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 320)]
internal struct GeneratorWords
{
    [FieldOffset(128)]
    public long State;

    [FieldOffset(136)]
    public long ClockHigh;

    [FieldOffset(144)]
    public long HeldTo;

    [FieldOffset(152)]
    public long RollbackSeenAt;

    [FieldOffset(160)]
    public long Overflows;

    [FieldOffset(168)]
    public long Waits;

    [FieldOffset(176)]
    public long Rollbacks;
}
