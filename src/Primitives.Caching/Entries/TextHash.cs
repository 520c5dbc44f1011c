using System.Runtime.CompilerServices;
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
        ref byte bytes = ref Unsafe.As<char, byte>(ref MemoryMarshal.GetReference(text));
        nuint length = (nuint)text.Length * sizeof(char);
        ulong state = seed ^ First;
        nuint at = 0;
        if (length > 32)
        {
            // Two chains, because a multiplication takes several times as long as it keeps the processor from the next.
            ulong other = seed ^ Second;
            for (; length - at > 32; at += 32)
            {
                state = Fold(Read(ref bytes, at) ^ First, Read(ref bytes, at + 8) ^ state);
                other = Fold(Read(ref bytes, at + 16) ^ Second, Read(ref bytes, at + 24) ^ other);
            }

            state ^= other;
        }

        for (; length - at > 16; at += 16)
        {
            state = Fold(Read(ref bytes, at) ^ First, Read(ref bytes, at + 8) ^ state);
        }

        // The last 16 bytes, or what there is: overlapping reads cover every byte, and the length tells paddings apart.
        ulong a;
        ulong b;
        nuint left = length - at;
        if (left >= 8)
        {
            a = Read(ref bytes, at);
            b = Read(ref bytes, length - 8);
        }
        else if (left >= 4)
        {
            a = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref bytes, at));
            b = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref bytes, length - 4));
        }
        else
        {
            a = left == 0 ? 0UL : text[^1];
            b = 0;
        }

        ulong hash = Fold(Second ^ length, Fold(a ^ Second, b ^ state));
        return (uint)(hash >> 32);
    }

    /// <summary>Multiplies to 128 bits and folds them into 64: each bit depends on many of both factors.</summary>
    public static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    private static ulong Read(ref byte bytes, nuint at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at));
}
