using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>A number that shares no cache line with anything else, however it is aligned.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2 * Line)]
internal struct PaddedInt64
{
    private const int Line = 64;

    [FieldOffset(Line)]
    public long Value;
}
