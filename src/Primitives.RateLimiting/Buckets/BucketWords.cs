using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The words of a token bucket that threads write: the one that every grant swaps on cache lines of its own, apart
/// from those that change seldom and from anything else. 128 bytes, because processors fetch lines in pairs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal struct BucketWords
{
    /// <summary>The instant, in units since the bucket's base, at which it last was, or would have been, empty; or
    /// <see cref="TokenBucketLimiter.Withdrawn"/>.</summary>
    [FieldOffset(128)]
    public long EmptyAt;

    /// <summary>With a precise clock: permits granted by swaps; not atomic.</summary>
    [FieldOffset(136)]
    public long Granted;

    /// <summary>With a coarse clock: the last precise reading, in units since the base.</summary>
    [FieldOffset(256)]
    public long ReadAt;

    /// <summary>With a coarse clock: <see cref="EmptyAt"/> when the precise clock was last read.</summary>
    [FieldOffset(264)]
    public long EmptyAtReading;

    /// <summary>With a coarse clock: what that showed just before the precise one was last read.</summary>
    [FieldOffset(272)]
    public long CoarseReading;
}
