using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>A hot word kept off the cache lines of anything else: 128 bytes on either side, because processors fetch lines
/// in pairs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 264)]
internal struct PaddedInt64
{
    [FieldOffset(128)]
    public long Value;
}
