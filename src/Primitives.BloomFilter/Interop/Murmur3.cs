using System.Buffers.Binary;

namespace Primitives;

/// <summary>MurmurHash3, 128 bits for x64, seed 0: the hash of Guava's filters.</summary>
/// <remarks><b>Source.</b> A. Appleby, MurmurHash3, 2011.</remarks>
internal static class Murmur3
{
    private const ulong A = 0x87C3_7B91_1142_53D5;
    private const ulong B = 0x4CF5_AD43_2745_937F;
    private const int Block = 2 * sizeof(ulong);

    public static (ulong Low, ulong High) Hash(ReadOnlySpan<byte> bytes)
    {
        ulong low = 0;
        ulong high = 0;
        ReadOnlySpan<byte> left = bytes;
        for (; left.Length >= Block; left = left[Block..])
        {
            low = (ulong.RotateLeft(low ^ MixLow(BinaryPrimitives.ReadUInt64LittleEndian(left)), 27) + high) * 5 + 0x52DC_E729;
            high = (ulong.RotateLeft(high ^ MixHigh(BinaryPrimitives.ReadUInt64LittleEndian(left[sizeof(ulong)..])), 31) + low) * 5 + 0x3849_5AB5;
        }

        // The rest, as if zeros followed; of which the mixed value is zero.
        Span<byte> tail = stackalloc byte[Block];
        tail.Clear();
        left.CopyTo(tail);
        low ^= MixLow(BinaryPrimitives.ReadUInt64LittleEndian(tail));
        high ^= MixHigh(BinaryPrimitives.ReadUInt64LittleEndian(tail[sizeof(ulong)..]));

        low ^= (ulong)bytes.Length;
        high ^= (ulong)bytes.Length;
        low += high;
        high += low;
        low = Finish(low);
        high = Finish(high);
        low += high;
        return (low, high + low);
    }

    private static ulong MixLow(ulong word) => ulong.RotateLeft(word * A, 31) * B;

    private static ulong MixHigh(ulong word) => ulong.RotateLeft(word * B, 33) * A;

    private static ulong Finish(ulong word)
    {
        word = (word ^ (word >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        word = (word ^ (word >> 33)) * 0xC4CE_B9FE_1A85_EC53;
        return word ^ (word >> 33);
    }
}
