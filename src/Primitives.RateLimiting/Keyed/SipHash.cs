using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>
/// SipHash-1-3: a 64-bit hash under a 128-bit key, made so that who does not know the key cannot find inputs that collide.
/// One round a word and three at the end, as hash tables elsewhere use it. The strong form, with two and four, is the
/// SipHash-2-4 of the published vectors, by which a test checks both.
/// </summary>
/// <remarks>Source: Aumasson and Bernstein, <i>SipHash: a fast short-input PRF</i>, INDOCRYPT 2012.</remarks>
internal static class SipHash
{
    public static ulong Compute(ReadOnlySpan<byte> data, ulong key0, ulong key1, bool strong = false)
    {
        Start(key0, key1, out ulong v0, out ulong v1, out ulong v2, out ulong v3);
        int length = data.Length;
        while (data.Length >= sizeof(ulong))
        {
            Absorb(BinaryPrimitives.ReadUInt64LittleEndian(data), strong, ref v0, ref v1, ref v2, ref v3);
            data = data[sizeof(ulong)..];
        }

        Absorb(LastWord(data, length), strong, ref v0, ref v1, ref v2, ref v3);
        return Finish(strong, v0, v1, v2, v3);
    }

    /// <summary>Hashes the 8 bytes of an integer.</summary>
    public static ulong Compute(ulong word, ulong key0, ulong key1)
    {
        Start(key0, key1, out ulong v0, out ulong v1, out ulong v2, out ulong v3);
        Absorb(word, strong: false, ref v0, ref v1, ref v2, ref v3);
        Absorb(8UL << 56, strong: false, ref v0, ref v1, ref v2, ref v3);
        return Finish(strong: false, v0, v1, v2, v3);
    }

    // The constants are the ASCII of "somepseudorandomlygeneratedbytes".
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Start(ulong key0, ulong key1, out ulong v0, out ulong v1, out ulong v2, out ulong v3)
    {
        v0 = key0 ^ 0x736f6d6570736575;
        v1 = key1 ^ 0x646f72616e646f6d;
        v2 = key0 ^ 0x6c7967656e657261;
        v3 = key1 ^ 0x7465646279746573;
    }

    /// <summary>Gives the bytes that are left, and the length in the highest one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LastWord(ReadOnlySpan<byte> rest, int length)
    {
        ulong word = (ulong)length << 56;
        int read = 0;
        if (rest.Length >= sizeof(uint))
        {
            word |= BinaryPrimitives.ReadUInt32LittleEndian(rest);
            read = sizeof(uint);
        }

        for (; read < rest.Length; read++)
        {
            word |= (ulong)rest[read] << (8 * read);
        }

        return word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Absorb(ulong word, bool strong, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        if (strong)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Finish(bool strong, ulong v0, ulong v1, ulong v2, ulong v3)
    {
        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        if (strong)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
