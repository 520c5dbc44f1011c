using System.Buffers.Binary;
using System.Diagnostics;

namespace Primitives;

/// <summary>The text of bytes: blocks of 8 bytes in 11 digits, a shorter last block in as few digits as it
/// needs.</summary>
internal static class BlockCodec
{
    /// <summary>The bytes of a full block.</summary>
    public const int BlockBytes = 8;

    /// <summary>The digits of a full block.</summary>
    public const int BlockDigits = 11;

    // A block b0 b1 ... b7 is the number  b0 W0 + b1 W1 + ... + b7 W7  in 11 digits. A tail of k bytes is the first
    // DigitsOf(k) digits of the block that it would be with zero bytes behind it. The weights are the smallest numbers
    // with W7 = 1 for which
    //   I1  Wi is a multiple of 62^(11 - DigitsOf(i + 1));
    //   I2  Wi >= 256 W(i+1), so that bytes behind never add up to one more byte in front.
    // By I2 numbers sort as the bytes do, and dividing by W0, W1, ... in turn gives the bytes back; a quotient above
    // 255 means that no bytes have that number. By I1 the digits that a tail leaves out are zeros, so its text is a
    // prefix of what the same bytes give with zero bytes behind them. Hence texts of all lengths sort as the bytes do.
    // The plain 64-bit number (Wi = 256^(7-i)) would not do: a tail must sort above all blocks below it and not above
    // the block that it begins, and no cut through the digits falls between these two, since 62^k divides no power of
    // 256.
    // The first three digits hold W0 and W1 in units of 62^8, the other eight the rest.
    private const int HighDigits = 3;
    private const uint HighWeight0 = 806;
    private const uint HighWeight1 = 3;
    private const ulong LowRadix = 218_340_105_584_896; // 62^8
    private const ulong Weight2 = 2_158_408_952_192;    // 38 * 62^6
    private const ulong Weight3 = 8_245_195_488;        // 9 * 62^5
    private const ulong Weight4 = 29_552_672;           // 2 * 62^4
    private const ulong Weight5 = 80_724;               // 21 * 62^2
    private const ulong Weight6 = 310;                  // 5 * 62

    private static ReadOnlySpan<byte> TailDigits => [0, 2, 3, 5, 6, 7, 9, 10];

    /// <summary>Gives the digits of so many bytes.</summary>
    public static long DigitsOf(int byteCount) =>
        ((long)(byteCount / BlockBytes) * BlockDigits) + TailDigits[byteCount % BlockBytes];

    /// <summary>Gives the bytes in so many digits; -1 if no bytes have that many.</summary>
    public static int BytesOf(int digitCount)
    {
        int tail = TailDigits.IndexOf((byte)(digitCount % BlockDigits));
        return tail < 0 ? -1 : (digitCount / BlockDigits * BlockBytes) + tail;
    }

    /// <summary>Fills the destination, which has exactly the length needed.</summary>
    public static void Write<TChar>(ReadOnlySpan<byte> bytes, Span<TChar> destination, DigitSet digits)
        where TChar : unmanaged
    {
        Debug.Assert(destination.Length == DigitsOf(bytes.Length), "The caller slices.");
        while (bytes.Length >= BlockBytes)
        {
            WriteBlock(bytes[..BlockBytes], destination[..BlockDigits], digits);
            bytes = bytes[BlockBytes..];
            destination = destination[BlockDigits..];
        }

        if (!bytes.IsEmpty)
        {
            Span<byte> padded = stackalloc byte[BlockBytes];
            padded.Clear();
            bytes.CopyTo(padded);
            Span<TChar> block = stackalloc TChar[BlockDigits];
            WriteBlock(padded, block, digits);
            block[..destination.Length].CopyTo(destination);
        }
    }

    /// <summary>Reads a text, whose length <see cref="BytesOf"/> accepts, into a destination of exactly that many
    /// bytes. Gives the position of the block that is not one that <see cref="Write"/> gives, or -1 if there is
    /// none.</summary>
    public static int Read<TChar>(ReadOnlySpan<TChar> text, Span<byte> destination, DigitSet digits)
        where TChar : unmanaged
    {
        Debug.Assert(destination.Length == BytesOf(text.Length), "The caller slices.");
        int position = 0;
        while (text.Length - position >= BlockDigits)
        {
            if (!TryReadBlock(text.Slice(position, BlockDigits), destination[..BlockBytes], digits))
            {
                return position;
            }

            position += BlockDigits;
            destination = destination[BlockBytes..];
        }

        if (!destination.IsEmpty)
        {
            Span<TChar> padded = stackalloc TChar[BlockDigits];
            padded.Fill(TextUnit.FromAscii<TChar>('0')); // the zero digit of every alphabet
            text[position..].CopyTo(padded);
            Span<byte> block = stackalloc byte[BlockBytes];
            if (!TryReadBlock(padded, block, digits) || block[destination.Length..].ContainsAnyExcept((byte)0))
            {
                return position;
            }

            block[..destination.Length].CopyTo(destination);
        }

        return -1;
    }

    private static void WriteBlock<TChar>(ReadOnlySpan<byte> bytes, Span<TChar> destination, DigitSet digits)
        where TChar : unmanaged
    {
        uint high = (bytes[0] * HighWeight0) + (bytes[1] * HighWeight1);
        ulong low = (bytes[2] * Weight2) + (bytes[3] * Weight3) + (bytes[4] * Weight4) + (bytes[5] * Weight5)
            + (bytes[6] * Weight6) + bytes[7];
        ulong carry = low / LowRadix;
        NumberCodec.Write(high + carry, destination[..HighDigits], digits);
        NumberCodec.Write(low - (carry * LowRadix), destination[HighDigits..], digits);
    }

    private static bool TryReadBlock<TChar>(ReadOnlySpan<TChar> text, Span<byte> destination, DigitSet digits)
        where TChar : unmanaged
    {
        bool areDigits = NumberCodec.TryRead(text[..HighDigits], digits, out ulong high)
            & NumberCodec.TryRead(text[HighDigits..], digits, out ulong low);

        (ulong byte0, high) = Math.DivRem(high, HighWeight0);
        (ulong byte1, high) = Math.DivRem(high, HighWeight1);
        (ulong byte2, low) = Math.DivRem(low + (high * LowRadix), Weight2);
        (ulong byte3, low) = Math.DivRem(low, Weight3);
        (ulong byte4, low) = Math.DivRem(low, Weight4);
        (ulong byte5, low) = Math.DivRem(low, Weight5);
        (ulong byte6, ulong byte7) = Math.DivRem(low, Weight6);
        if (!areDigits || (byte0 | byte1 | byte2 | byte3 | byte4 | byte5 | byte6 | byte7) > byte.MaxValue)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64BigEndian(
            destination,
            (byte0 << 56) | (byte1 << 48) | (byte2 << 40) | (byte3 << 32)
                | (byte4 << 24) | (byte5 << 16) | (byte6 << 8) | byte7);
        return true;
    }
}
