using System.Buffers.Binary;

namespace Primitives;

/// <summary>The hash by which Redis counts: MurmurHash2, 64-bit variant A, with Redis's seed.</summary>
/// <remarks>Source: A. Appleby, MurmurHash2, public domain; read as little-endian, as Redis does on every machine.
/// </remarks>
internal static class MurmurHash64A
{
    private const ulong Seed = 0xADC83B19;
    private const ulong Multiplier = 0xC6A4A7935BD1E995;
    private const int Shift = 47;

    public static ulong Compute(ReadOnlySpan<byte> data)
    {
        unchecked
        {
            ulong hash = Seed ^ ((ulong)data.Length * Multiplier);
            while (data.Length >= sizeof(ulong))
            {
                ulong word = BinaryPrimitives.ReadUInt64LittleEndian(data) * Multiplier;
                hash = (hash ^ (Mixed(word) * Multiplier)) * Multiplier;
                data = data[sizeof(ulong)..];
            }

            if (!data.IsEmpty)
            {
                ulong rest = 0;
                for (int i = 0; i < data.Length; i++)
                {
                    rest |= (ulong)data[i] << (8 * i);
                }

                hash = (hash ^ rest) * Multiplier;
            }

            return Mixed(Mixed(hash) * Multiplier);
        }
    }

    private static ulong Mixed(ulong word) => word ^ (word >> Shift);
}
