using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>A seeded hash of text for tables in memory: two 64-bit multiplications for 16 bytes.</summary>
/// <remarks>The seed is random for each cache, so that nobody can prepare keys that collide. Not for anything persisted.</remarks>
internal static class TextHash
{
    private const ulong First = 0xA0761D6478BD642F;
    private const ulong Second = 0xE7037ED1A0B428DB;

    public static uint Compute(ReadOnlySpan<char> text, ulong seed)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(text);
        int length = bytes.Length;
        ulong state = seed ^ First;
        while (bytes.Length > 16)
        {
            state = Fold(MemoryMarshal.Read<ulong>(bytes) ^ First, MemoryMarshal.Read<ulong>(bytes[8..]) ^ state);
            bytes = bytes[16..];
        }

        // The last 16 bytes, or what there is: overlapping reads cover every byte, and the length tells paddings apart.
        ulong a;
        ulong b;
        if (bytes.Length >= 8)
        {
            a = MemoryMarshal.Read<ulong>(bytes);
            b = MemoryMarshal.Read<ulong>(bytes[^8..]);
        }
        else if (bytes.Length >= 4)
        {
            a = MemoryMarshal.Read<uint>(bytes);
            b = MemoryMarshal.Read<uint>(bytes[^4..]);
        }
        else
        {
            a = bytes.Length == 0 ? 0UL : MemoryMarshal.Read<ushort>(bytes);
            b = 0;
        }

        ulong hash = Fold(Second ^ (ulong)length, Fold(a ^ Second, b ^ state));
        return (uint)(hash >> 32);
    }

    /// <summary>Multiplies to 128 bits and folds them into 64: each bit depends on many of both factors.</summary>
    public static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }
}
