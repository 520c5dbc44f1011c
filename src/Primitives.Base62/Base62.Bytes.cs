namespace Primitives;

public static partial class Base62
{
    /// <summary>Gives the exact length of the text of so many bytes: 11 characters for each 8, and 2, 3, 5, 6, 7, 9 or
    /// 10 for a rest of 1 to 7.</summary>
    /// <param name="byteCount">The number of bytes. Not negative.</param>
    /// <returns>The number of characters.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="byteCount"/> is negative, or the text would have
    /// more than <see cref="int.MaxValue"/> characters.</exception>
    public static int GetEncodedLength(int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        long length = BlockCodec.DigitsOf(byteCount);
        return length <= int.MaxValue
            ? (int)length
            : throw new ArgumentOutOfRangeException(
                nameof(byteCount), byteCount, "The text would exceed 2^31 - 1 characters.");
    }

    /// <summary>Gives the exact number of bytes in a text of so many characters, if there is one: a rest of 1, 4 or 8
    /// characters over a multiple of 11 is the length of no text.</summary>
    /// <param name="textLength">The number of characters. Not negative.</param>
    /// <param name="byteCount">The number of bytes; 0 if there is none.</param>
    /// <returns>Whether texts of bytes can have that length.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="textLength"/> is negative.</exception>
    public static bool TryGetDecodedLength(int textLength, out int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(textLength);
        int count = BlockCodec.BytesOf(textLength);
        byteCount = Math.Max(count, 0);
        return count >= 0;
    }

    /// <summary>Writes bytes as a string, in linear time, leading zeros and all.</summary>
    /// <remarks>
    /// <para>Each 8 bytes <c>b0 ... b7</c> become 11 digits, those of the number
    /// <c>62^5 (192092368 b0 + 714984 b1 + 2356 b2 + 9 b3) + 29552672 b4 + 80724 b5 + 310 b6 + b7</c>. A rest of 1 to 7
    /// bytes becomes the first 2, 3, 5, 6, 7, 9 or 10 digits of the block it would be with zero bytes behind it; the
    /// digits left out are zeros. The length of a text therefore says the number of bytes.</para>
    /// <para>With <see cref="Base62Alphabet.Ordered"/>, texts compare ordinally as the bytes do, whatever their
    /// lengths: a prefix comes first.</para>
    /// <para>It is another form than that of <see cref="Encode(ulong, int, Base62Alphabet)"/>, also for 8 bytes.</para>
    /// </remarks>
    /// <param name="bytes">The bytes; none gives the empty text.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The text, of <see cref="GetEncodedLength"/> characters.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text would have more than <see cref="int.MaxValue"/>
    /// characters, or <paramref name="alphabet"/> is undefined.</exception>
    public static string EncodeBytes(ReadOnlySpan<byte> bytes, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        var digits = DigitSet.For(alphabet);
        return string.Create(GetEncodedLength(bytes.Length), new EncodeState(bytes, digits), static (text, state) =>
            BlockCodec.Write(state.Bytes, text, state.Digits));
    }

    /// <summary>Writes bytes to UTF-16 text as <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/> does,
    /// without allocating.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="destination">Where to write; left untouched if shorter than <see cref="GetEncodedLength"/>. It must
    /// not overlap <paramref name="bytes"/>.</param>
    /// <param name="written">The characters written; 0 if the destination is too short.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> if the destination is too short.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static bool TryEncodeBytes(
        ReadOnlySpan<byte> bytes, Span<char> destination, out int written,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeBlocks(bytes, destination, out written, alphabet);

    /// <summary>Writes bytes to UTF-8 text as <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/> does,
    /// without allocating.</summary>
    /// <inheritdoc cref="TryEncodeBytes(ReadOnlySpan{byte}, Span{char}, out int, Base62Alphabet)"/>
    public static bool TryEncodeBytes(
        ReadOnlySpan<byte> bytes, Span<byte> destination, out int written,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeBlocks(bytes, destination, out written, alphabet);

    /// <summary>Reads bytes from UTF-16 text that <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/> wrote
    /// with the same alphabet.</summary>
    /// <param name="text">The text; the empty one gives no bytes.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="FormatException">The text has a length that no bytes give, a foreign character, or a block of
    /// digits that no bytes give. The message says which, and at which position.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static byte[] DecodeBytes(ReadOnlySpan<char> text, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        DecodeBlocks(text, alphabet);

    /// <summary>Reads bytes from UTF-8 text that <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/> wrote
    /// with the same alphabet.</summary>
    /// <inheritdoc cref="DecodeBytes(ReadOnlySpan{char}, Base62Alphabet)"/>
    public static byte[] DecodeBytes(ReadOnlySpan<byte> text, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        DecodeBlocks(text, alphabet);

    /// <summary>Reads bytes from UTF-16 text if it is one that
    /// <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/> gives for the same alphabet, without
    /// allocating.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Where to write; left untouched if shorter than <see cref="TryGetDecodedLength"/> says.
    /// If a block is refused, it holds the blocks before that one.</param>
    /// <param name="written">The bytes written; 0 if the text is refused or the destination too short.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> if the destination is too short, and wherever
    /// <see cref="DecodeBytes(ReadOnlySpan{char}, Base62Alphabet)"/> throws <see cref="FormatException"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static bool TryDecodeBytes(
        ReadOnlySpan<char> text, Span<byte> destination, out int written,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecodeBlocks(text, destination, out written, alphabet);

    /// <summary>Reads bytes from UTF-8 text if it is one that
    /// <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/> gives for the same alphabet, without
    /// allocating.</summary>
    /// <inheritdoc cref="TryDecodeBytes(ReadOnlySpan{char}, Span{byte}, out int, Base62Alphabet)"/>
    public static bool TryDecodeBytes(
        ReadOnlySpan<byte> text, Span<byte> destination, out int written,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecodeBlocks(text, destination, out written, alphabet);

    private static bool TryEncodeBlocks<TChar>(
        ReadOnlySpan<byte> bytes, Span<TChar> destination, out int written, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        var digits = DigitSet.For(alphabet);
        long length = BlockCodec.DigitsOf(bytes.Length);
        if (length > destination.Length)
        {
            written = 0;
            return false;
        }

        written = (int)length;
        BlockCodec.Write(bytes, destination[..written], digits);
        return true;
    }

    private static bool TryDecodeBlocks<TChar>(
        ReadOnlySpan<TChar> text, Span<byte> destination, out int written, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        var digits = DigitSet.For(alphabet);
        int count = BlockCodec.BytesOf(text.Length);
        bool read = count >= 0 && count <= destination.Length
            && BlockCodec.Read(text, destination[..count], digits) < 0;
        written = read ? count : 0;
        return read;
    }

    private static byte[] DecodeBlocks<TChar>(ReadOnlySpan<TChar> text, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        var digits = DigitSet.For(alphabet);
        int count = BlockCodec.BytesOf(text.Length);
        if (count < 0)
        {
            throw DecodeErrors.ForBlocks(text, badBlock: -1, digits);
        }

        byte[] bytes = new byte[count];
        int badBlock = BlockCodec.Read(text, bytes, digits);
        return badBlock < 0 ? bytes : throw DecodeErrors.ForBlocks(text, badBlock, digits);
    }

    private readonly ref struct EncodeState(ReadOnlySpan<byte> bytes, DigitSet digits)
    {
        public readonly ReadOnlySpan<byte> Bytes = bytes;
        public readonly DigitSet Digits = digits;
    }
}
