using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The words of a token bucket that threads write, kept off the cache lines of anything else: 128 bytes, because
/// processors fetch lines in pairs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 320)]
internal struct BucketWords
{
    /// <summary>The instant, in units since the bucket's base, at which it last was, or would have been, empty; or
    /// <see cref="TokenBucketLimiter.Withdrawn"/>.</summary>
    [FieldOffset(128)]
    public long EmptyAt;

    /// <summary>With a coarse clock: the last precise reading, in units since the base.</summary>
    [FieldOffset(136)]
    public long ReadAt;

    /// <summary>With a coarse clock: <see cref="EmptyAt"/> when the precise clock was last read.</summary>
    [FieldOffset(144)]
    public long EmptyAtReading;

    /// <summary>With a coarse clock: what that showed just before the precise one was last read.</summary>
    [FieldOffset(152)]
    public long CoarseReading;

    /// <summary>Grants since the bucket was made; not atomic.</summary>
    [FieldOffset(160)]
    public long Granted;
}
