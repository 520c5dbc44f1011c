using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>
/// SipHash-1-3: a 64-bit hash under a 128-bit key, made so that who does not know the key cannot find inputs that collide.
/// One round a word and three at the end, as hash tables elsewhere use it; with two and four it is the SipHash-2-4 of the
/// published vectors, which a test checks.
/// </summary>
/// <remarks>Source: Aumasson and Bernstein, <i>SipHash: a fast short-input PRF</i>, INDOCRYPT 2012.</remarks>
internal static class SipHash
{
    public static ulong Compute(ReadOnlySpan<byte> data, ulong key0, ulong key1, int wordRounds = 1, int finalRounds = 3)
    {
        var state = new State(key0, key1);
        int length = data.Length;
        while (data.Length >= sizeof(ulong))
        {
            state.Absorb(BinaryPrimitives.ReadUInt64LittleEndian(data), wordRounds);
            data = data[sizeof(ulong)..];
        }

        ulong last = (ulong)length << 56;
        for (int i = 0; i < data.Length; i++)
        {
            last |= (ulong)data[i] << (8 * i);
        }

        state.Absorb(last, wordRounds);
        return state.Finish(finalRounds);
    }

    /// <summary>Hashes the 8 bytes of an integer.</summary>
    public static ulong Compute(ulong word, ulong key0, ulong key1)
    {
        var state = new State(key0, key1);
        state.Absorb(word, 1);
        state.Absorb(8UL << 56, 1);
        return state.Finish(3);
    }

    private struct State(ulong key0, ulong key1)
    {
        // The constants are the ASCII of "somepseudorandomlygeneratedbytes".
        private ulong _v0 = key0 ^ 0x736f6d6570736575;
        private ulong _v1 = key1 ^ 0x646f72616e646f6d;
        private ulong _v2 = key0 ^ 0x6c7967656e657261;
        private ulong _v3 = key1 ^ 0x7465646279746573;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Absorb(ulong word, int rounds)
        {
            _v3 ^= word;
            for (int i = 0; i < rounds; i++)
            {
                Round();
            }

            _v0 ^= word;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong Finish(int rounds)
        {
            _v2 ^= 0xff;
            for (int i = 0; i < rounds; i++)
            {
                Round();
            }

            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Round()
        {
            _v0 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
            _v0 = BitOperations.RotateLeft(_v0, 32);
            _v2 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
            _v0 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
            _v2 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
            _v2 = BitOperations.RotateLeft(_v2, 32);
        }
    }
}
