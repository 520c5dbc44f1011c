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

    /// <summary>Permits granted by swaps at precise readings of their own; not atomic.</summary>
    [FieldOffset(136)]
    public long Granted;

    /// <summary>The last precise reading in units since the base, if the bucket is kept by readings; otherwise
    /// <see cref="TokenBucketLimiter.NoReading"/>.</summary>
    [FieldOffset(256)]
    public long ReadAt;

    /// <summary><see cref="EmptyAt"/> at the last reading.</summary>
    [FieldOffset(264)]
    public long EmptyAtReading;

    /// <summary>What the coarse clock showed just before the last reading.</summary>
    [FieldOffset(272)]
    public long CoarseReading;
}
