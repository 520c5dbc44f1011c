using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>The text of bytes: blocks of 8 bytes in 11 digits, a shorter last block in as few digits as it needs.</summary>
internal static class BlockCodec
{
    /// <summary>The bytes of a full block.</summary>
    public const int BlockBytes = 8;

    /// <summary>The digits of a full block.</summary>
    public const int BlockDigits = 11;

    // A block b0 b1 ... b7 is the number  sum of b[i] * Weight(i)  in 11 digits. A tail of k bytes is the first
    // DigitsOf(k) digits of the block that it would be with zero bytes behind it. Weights are the smallest numbers with
    //   W1  Weight(i) is a multiple of 62^(11 - DigitsOf(i + 1)), Weight(7) = 1;
    //   W2  Weight(i) >= 256 * Weight(i + 1).
    // By W2 numbers sort as the bytes do. By W1 the digits that a tail leaves out are zeros, so its text is not only
    // shorter than, but a prefix of, what the same bytes with zero bytes behind them give; hence texts of all lengths
    // sort as the bytes do. The plain 64-bit number (weights 256^(7 - i)) would not do: 62 and 256 share but one factor
    // 2, so the cut through its digits falls inside a byte and a tail would sort among blocks it should precede.
    // All weights but the last four are multiples of 62^5, which keeps the two halves of the digits, of 6 and of 5,
    // in 64 bits each: HighWeights are in units of 62^5.
    private const ulong LowRadix = 916_132_832; // 62^5
    private const int HighDigits = 6;

    private static ReadOnlySpan<uint> HighWeights => [192_092_368, 714_984, 2_356, 9];

    private static ReadOnlySpan<uint> LowWeights => [29_552_672, 80_724, 310, 1];

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
        where TChar : unmanaged, IBinaryInteger<TChar>
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

    /// <summary>Reads a text, whose length <see cref="BytesOf"/> accepts, into a destination of exactly that many bytes.
    /// Gives the position of the block that is not one that <see cref="Write"/> gives, or -1 if there is none.</summary>
    public static int Read<TChar>(ReadOnlySpan<TChar> text, Span<byte> destination, DigitSet digits)
        where TChar : unmanaged, IBinaryInteger<TChar>
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
            padded.Fill(TChar.CreateTruncating('0')); // the zero digit of every alphabet
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
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        ulong high = 0;
        ulong low = 0;
        for (int i = 0; i < HighWeights.Length; i++)
        {
            high += (ulong)bytes[i] * HighWeights[i];
            low += (ulong)bytes[HighWeights.Length + i] * LowWeights[i];
        }

        (ulong carry, low) = Math.DivRem(low, LowRadix);
        NumberCodec.Write(high + carry, destination[..HighDigits], digits);
        NumberCodec.Write(low, destination[HighDigits..], digits);
    }

    private static bool TryReadBlock<TChar>(ReadOnlySpan<TChar> text, Span<byte> destination, DigitSet digits)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        if (!NumberCodec.TryRead(text[..HighDigits], HighDigits, digits, out ulong high)
            || !NumberCodec.TryRead(text[HighDigits..], BlockDigits - HighDigits, digits, out ulong low))
        {
            return false;
        }

        ulong excess = 0; // bits above the eighth of any quotient: the number is none that bytes have
        for (int i = 0; i < HighWeights.Length; i++)
        {
            (ulong quotient, high) = Math.DivRem(high, HighWeights[i]);
            excess |= quotient;
            destination[i] = (byte)quotient;
        }

        low += high * LowRadix;
        for (int i = 0; i < LowWeights.Length; i++)
        {
            (ulong quotient, low) = Math.DivRem(low, LowWeights[i]);
            excess |= quotient;
            destination[HighWeights.Length + i] = (byte)quotient;
        }

        return excess <= byte.MaxValue;
    }
}
