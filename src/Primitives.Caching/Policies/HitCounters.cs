using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The two words of a <see cref="HitRing"/> that share no cache line with anything else, however they are
/// aligned.</summary>
[StructLayout(LayoutKind.Explicit, Size = (2 * Line) + sizeof(long))]
internal struct HitCounters
{
    private const int Line = 64;

    /// <summary>Where the next hit will be written.</summary>
    [FieldOffset(Line)]
    public long Place;

    /// <summary>How many there were.</summary>
    [FieldOffset(Line + sizeof(long))]
    public long Count;
}
