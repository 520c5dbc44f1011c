using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Primitives;

public static partial class Base62
{
    /// <summary>Reads a number from UTF-16 text that <see cref="Encode(ulong, int, Base62Alphabet)"/> wrote with the
    /// same width and alphabet.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The exact number of characters the text must have, from 1 to
    /// <see cref="MaxUInt64Length"/>; 0 for the minimal form, in which a zero may only stand alone;
    /// <see cref="AnyWidth"/> to accept any number of zeros in front.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The number.</returns>
    /// <exception cref="FormatException">The text is empty, has another length than <paramref name="width"/>, a foreign
    /// character or, in the minimal form, a leading zero, or its value exceeds 64 bits. The message says which, and at
    /// which position.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range, or
    /// <paramref name="alphabet"/> is undefined.</exception>
    public static ulong Decode(
        ReadOnlySpan<char> text, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecode(text, out ulong value, width, alphabet)
            ? value
            : throw DecodeErrors.ForNumber(text, width, DigitSet.For(alphabet), ulong.MaxValue);

    /// <summary>Reads a number from UTF-8 text that <see cref="Encode(ulong, int, Base62Alphabet)"/> wrote with the
    /// same width and alphabet.</summary>
    /// <inheritdoc cref="Decode(ReadOnlySpan{char}, int, Base62Alphabet)"/>
    public static ulong Decode(
        ReadOnlySpan<byte> text, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecode(text, out ulong value, width, alphabet)
            ? value
            : throw DecodeErrors.ForNumber(text, width, DigitSet.For(alphabet), ulong.MaxValue);

    /// <summary>Reads a number from UTF-16 text that <see cref="Encode(UInt128, int, Base62Alphabet)"/> wrote with the
    /// same width and alphabet.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The exact number of characters the text must have, from 1 to
    /// <see cref="MaxUInt128Length"/>; 0 for the minimal form, in which a zero may only stand alone;
    /// <see cref="AnyWidth"/> to accept any number of zeros in front.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The number.</returns>
    /// <exception cref="FormatException">The text is empty, has another length than <paramref name="width"/>, a foreign
    /// character or, in the minimal form, a leading zero, or its value exceeds 128 bits. The message says which, and at
    /// which position.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range, or
    /// <paramref name="alphabet"/> is undefined.</exception>
    public static UInt128 DecodeUInt128(
        ReadOnlySpan<char> text, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecode(text, out UInt128 value, width, alphabet)
            ? value
            : throw DecodeErrors.ForNumber(text, width, DigitSet.For(alphabet), UInt128.MaxValue);

    /// <summary>Reads a number from UTF-8 text that <see cref="Encode(UInt128, int, Base62Alphabet)"/> wrote with the
    /// same width and alphabet.</summary>
    /// <inheritdoc cref="DecodeUInt128(ReadOnlySpan{char}, int, Base62Alphabet)"/>
    public static UInt128 DecodeUInt128(
        ReadOnlySpan<byte> text, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecode(text, out UInt128 value, width, alphabet)
            ? value
            : throw DecodeErrors.ForNumber(text, width, DigitSet.For(alphabet), UInt128.MaxValue);

    /// <summary>Reads a GUID from UTF-16 text that <see cref="Encode(Guid, Base62Alphabet)"/> wrote with the same
    /// alphabet.</summary>
    /// <param name="text">The text.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The GUID.</returns>
    /// <exception cref="FormatException">The text does not have <see cref="GuidLength"/> characters, has a foreign one,
    /// or its value exceeds 128 bits. The message says which, and at which position.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static Guid DecodeGuid(ReadOnlySpan<char> text, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        ToGuid(DecodeUInt128(text, GuidLength, alphabet));

    /// <summary>Reads a GUID from UTF-8 text that <see cref="Encode(Guid, Base62Alphabet)"/> wrote with the same
    /// alphabet.</summary>
    /// <inheritdoc cref="DecodeGuid(ReadOnlySpan{char}, Base62Alphabet)"/>
    public static Guid DecodeGuid(ReadOnlySpan<byte> text, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        ToGuid(DecodeUInt128(text, GuidLength, alphabet));

    /// <summary>Reads a number from UTF-16 text if it is one that <see cref="Encode(ulong, int, Base62Alphabet)"/>
    /// gives for the same width and alphabet, without allocating.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The number; 0 if the text is refused.</param>
    /// <param name="width">The exact number of characters the text must have, from 1 to
    /// <see cref="MaxUInt64Length"/>; 0 for the minimal form, in which a zero may only stand alone;
    /// <see cref="AnyWidth"/> to accept any number of zeros in front.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> wherever
    /// <see cref="Decode(ReadOnlySpan{char}, int, Base62Alphabet)"/> throws <see cref="FormatException"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range, or
    /// <paramref name="alphabet"/> is undefined.</exception>
    public static bool TryDecode(
        ReadOnlySpan<char> text, out ulong value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecodeNumber(text, out value, width, alphabet);

    /// <summary>Reads a number from UTF-8 text if it is one that <see cref="Encode(ulong, int, Base62Alphabet)"/> gives
    /// for the same width and alphabet, without allocating.</summary>
    /// <inheritdoc cref="TryDecode(ReadOnlySpan{char}, out ulong, int, Base62Alphabet)"/>
    public static bool TryDecode(
        ReadOnlySpan<byte> text, out ulong value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecodeNumber(text, out value, width, alphabet);

    /// <summary>Reads a number from UTF-16 text if it is one that <see cref="Encode(UInt128, int, Base62Alphabet)"/>
    /// gives for the same width and alphabet, without allocating.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The number; 0 if the text is refused.</param>
    /// <param name="width">The exact number of characters the text must have, from 1 to
    /// <see cref="MaxUInt128Length"/>; 0 for the minimal form, in which a zero may only stand alone;
    /// <see cref="AnyWidth"/> to accept any number of zeros in front.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> wherever
    /// <see cref="DecodeUInt128(ReadOnlySpan{char}, int, Base62Alphabet)"/> throws
    /// <see cref="FormatException"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range, or
    /// <paramref name="alphabet"/> is undefined.</exception>
    public static bool TryDecode(
        ReadOnlySpan<char> text, out UInt128 value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecodeNumber(text, out value, width, alphabet);

    /// <summary>Reads a number from UTF-8 text if it is one that <see cref="Encode(UInt128, int, Base62Alphabet)"/>
    /// gives for the same width and alphabet, without allocating.</summary>
    /// <inheritdoc cref="TryDecode(ReadOnlySpan{char}, out UInt128, int, Base62Alphabet)"/>
    public static bool TryDecode(
        ReadOnlySpan<byte> text, out UInt128 value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryDecodeNumber(text, out value, width, alphabet);

    /// <summary>Reads a GUID from UTF-16 text if it is one that <see cref="Encode(Guid, Base62Alphabet)"/> gives for
    /// the same alphabet, without allocating.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The GUID; <see cref="Guid.Empty"/> if the text is refused.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> wherever <see cref="DecodeGuid(ReadOnlySpan{char}, Base62Alphabet)"/> throws
    /// <see cref="FormatException"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static bool TryDecode(
        ReadOnlySpan<char> text, out Guid value, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        bool read = TryDecode(text, out UInt128 number, GuidLength, alphabet);
        value = ToGuid(number);
        return read;
    }

    /// <summary>Reads a GUID from UTF-8 text if it is one that <see cref="Encode(Guid, Base62Alphabet)"/> gives for the
    /// same alphabet, without allocating.</summary>
    /// <inheritdoc cref="TryDecode(ReadOnlySpan{char}, out Guid, Base62Alphabet)"/>
    public static bool TryDecode(
        ReadOnlySpan<byte> text, out Guid value, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        bool read = TryDecode(text, out UInt128 number, GuidLength, alphabet);
        value = ToGuid(number);
        return read;
    }

    private static bool TryDecodeNumber<TChar>(
        ReadOnlySpan<TChar> text, out ulong value, int width, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        if (width is < AnyWidth or > MaxUInt64Length)
        {
            throw DecodingWidthOutOfRange(width, MaxUInt64Length);
        }

        bool read = NumberCodec.TryRead(text, DigitSet.For(alphabet), out ulong number) && HasForm(text, width);
        value = read ? number : 0;
        return read;
    }

    private static bool TryDecodeNumber<TChar>(
        ReadOnlySpan<TChar> text, out UInt128 value, int width, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        if (width is < AnyWidth or > MaxUInt128Length)
        {
            throw DecodingWidthOutOfRange(width, MaxUInt128Length);
        }

        bool read = WideNumberCodec.TryRead(text, DigitSet.For(alphabet), out UInt128 number) && HasForm(text, width);
        value = read ? number : 0;
        return read;
    }

    // What the width asks of a text besides its digits and its size.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasForm<TChar>(ReadOnlySpan<TChar> text, int width)
        where TChar : unmanaged =>
        width > 0 ? text.Length == width
        : text.Length > 1 ? width == AnyWidth || TextUnit.ToCode(text[0]) != '0'
        : text.Length == 1;

    private static Guid ToGuid(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new Guid(bytes, bigEndian: true);
    }
}
