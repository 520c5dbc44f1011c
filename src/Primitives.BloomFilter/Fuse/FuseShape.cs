namespace Primitives;

/// <summary>The table of a <see cref="BinaryFuseFilter"/>: segments of equal length, three of which in a row hold a
/// key's slots.</summary>
/// <param name="SegmentLength">Slots of a segment; a power of two, at most <see cref="MaxSegmentLength"/>.</param>
/// <param name="FirstSegments">The segments that can be the first of a key's three. At least 1.</param>
internal readonly record struct FuseShape(int SegmentLength, int FirstSegments)
{
    public const int MaxSegmentLength = 1 << 18;

    /// <summary>The slots of a key.</summary>
    public const int Arity = 3;

    public long SlotCount => ((long)FirstSegments + Arity - 1) * SegmentLength;

    /// <summary>Gives the table for a number of keys, with room enough that they can almost always be placed.</summary>
    /// <remarks>The paper's constants for three slots: 12.5 % more slots than keys from a million keys on, more
    /// below.</remarks>
    public static FuseShape For(int keys)
    {
        double log = Math.Log(Math.Max(keys, 2));
        int segmentLength = 1 << Math.Min((int)Math.Floor((log / Math.Log(3.33)) + 2.25), 18);
        double slots = keys * Math.Max(1.125, 0.875 + (0.25 * Math.Log(1e6) / log));
        return new FuseShape(segmentLength, Math.Max(1, (int)Math.Ceiling(slots / segmentLength) - Arity + 1));
    }

    /// <summary>Gives the three slots of a key, all different.</summary>
    public (int First, int Second, int Third) Slots(ulong hash)
    {
        int mask = SegmentLength - 1;
        int first = (int)HighProduct.Of(hash, (ulong)FirstSegments * (ulong)SegmentLength);
        return (first, (first + SegmentLength) ^ ((int)(hash >> 18) & mask), (first + (2 * SegmentLength)) ^ ((int)hash & mask));
    }
}
