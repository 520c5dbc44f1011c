using System.Diagnostics;

namespace Primitives;

/// <summary>Registers of six bits without gaps, the first in the lowest bits of the first byte: the layout in which Redis
/// keeps them.</summary>
internal static class SixBits
{
    /// <summary>Gives the number of bytes for a multiple of four registers.</summary>
    public static int PackedLength(int registers) => registers / 4 * 3;

    public static void Pack(ReadOnlySpan<byte> registers, Span<byte> packed)
    {
        Debug.Assert(registers.Length % 4 == 0 && packed.Length == PackedLength(registers.Length), "Four registers are three bytes.");
        for (; registers.Length >= 4; registers = registers[4..], packed = packed[3..])
        {
            int bits = registers[0] | (registers[1] << 6) | (registers[2] << 12) | (registers[3] << 18);
            packed[0] = (byte)bits;
            packed[1] = (byte)(bits >> 8);
            packed[2] = (byte)(bits >> 16);
        }
    }

    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> registers)
    {
        Debug.Assert(registers.Length % 4 == 0 && packed.Length == PackedLength(registers.Length), "Four registers are three bytes.");
        for (; registers.Length >= 4; registers = registers[4..], packed = packed[3..])
        {
            int bits = packed[0] | (packed[1] << 8) | (packed[2] << 16);
            registers[0] = (byte)(bits & 63);
            registers[1] = (byte)((bits >> 6) & 63);
            registers[2] = (byte)((bits >> 12) & 63);
            registers[3] = (byte)(bits >> 18);
        }
    }
}
