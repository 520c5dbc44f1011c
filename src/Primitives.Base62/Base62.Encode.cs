using System.Buffers.Binary;

namespace Primitives;

public static partial class Base62
{
    /// <summary>Writes a number as a string.</summary>
    /// <param name="value">The number.</param>
    /// <param name="width">The exact number of digits, from 1 to <see cref="MaxUInt64Length"/>, reached by zeros in
    /// front; 0 for the minimal form, which has no zero in front and is <c>0</c> for zero.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The text; its length is <paramref name="width"/> unless that is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range or too small for the
    /// value, or <paramref name="alphabet"/> is undefined.</exception>
    public static string Encode(ulong value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        var digits = DigitSet.For(alphabet);
        int length = LengthOf(value, width);
        return string.Create(
            length, (value, digits), static (text, state) => NumberCodec.Write(state.value, text, state.digits));
    }

    /// <summary>Writes a number as a string.</summary>
    /// <param name="value">The number.</param>
    /// <param name="width">The exact number of digits, from 1 to <see cref="MaxUInt128Length"/>, reached by zeros in
    /// front; 0 for the minimal form, which has no zero in front and is <c>0</c> for zero.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The text; its length is <paramref name="width"/> unless that is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range or too small for the
    /// value, or <paramref name="alphabet"/> is undefined.</exception>
    public static string Encode(UInt128 value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        var digits = DigitSet.For(alphabet);
        int length = LengthOf(value, width);
        return string.Create(
            length, (value, digits), static (text, state) => WideNumberCodec.Write(state.value, text, state.digits));
    }

    /// <summary>Writes a GUID as a string of <see cref="GuidLength"/> digits: the number that its 16 bytes are in the
    /// big-endian order of RFC 9562, so that texts sort as the RFC's bytes do and version 7 by its time.</summary>
    /// <param name="value">The GUID.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static string Encode(Guid value, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        Encode(ToUInt128(value), GuidLength, alphabet);

    /// <summary>Writes a number to UTF-16 text, without allocating.</summary>
    /// <param name="value">The number.</param>
    /// <param name="destination">Where to write; left untouched if too short. <see cref="MaxUInt64Length"/> is always
    /// enough.</param>
    /// <param name="written">The digits written; 0 if the destination is too short.</param>
    /// <param name="width">The exact number of digits, from 1 to <see cref="MaxUInt64Length"/>, reached by zeros in
    /// front; 0 for the minimal form, which has no zero in front and is <c>0</c> for zero.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> if the destination is too short.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range or too small for the
    /// value, or <paramref name="alphabet"/> is undefined.</exception>
    public static bool TryEncode(
        ulong value, Span<char> destination, out int written, int width = 0,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeNumber(value, destination, out written, width, alphabet);

    /// <summary>Writes a number to UTF-8 text, without allocating.</summary>
    /// <inheritdoc cref="TryEncode(ulong, Span{char}, out int, int, Base62Alphabet)"/>
    public static bool TryEncode(
        ulong value, Span<byte> destination, out int written, int width = 0,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeNumber(value, destination, out written, width, alphabet);

    /// <summary>Writes a number to UTF-16 text, without allocating.</summary>
    /// <param name="value">The number.</param>
    /// <param name="destination">Where to write; left untouched if too short. <see cref="MaxUInt128Length"/> is always
    /// enough.</param>
    /// <param name="written">The digits written; 0 if the destination is too short.</param>
    /// <param name="width">The exact number of digits, from 1 to <see cref="MaxUInt128Length"/>, reached by zeros in
    /// front; 0 for the minimal form, which has no zero in front and is <c>0</c> for zero.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> if the destination is too short.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is out of range or too small for the
    /// value, or <paramref name="alphabet"/> is undefined.</exception>
    public static bool TryEncode(
        UInt128 value, Span<char> destination, out int written, int width = 0,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeNumber(value, destination, out written, width, alphabet);

    /// <summary>Writes a number to UTF-8 text, without allocating.</summary>
    /// <inheritdoc cref="TryEncode(UInt128, Span{char}, out int, int, Base62Alphabet)"/>
    public static bool TryEncode(
        UInt128 value, Span<byte> destination, out int written, int width = 0,
        Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeNumber(value, destination, out written, width, alphabet);

    /// <summary>Writes a GUID to UTF-16 text, without allocating, as <see cref="Encode(Guid, Base62Alphabet)"/>
    /// does.</summary>
    /// <param name="value">The GUID.</param>
    /// <param name="destination">Where to write; left untouched if shorter than <see cref="GuidLength"/>.</param>
    /// <param name="written"><see cref="GuidLength"/>; 0 if the destination is too short.</param>
    /// <param name="alphabet">The digits.</param>
    /// <returns><see langword="false"/> if the destination is too short.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alphabet"/> is undefined.</exception>
    public static bool TryEncode(
        Guid value, Span<char> destination, out int written, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeNumber(ToUInt128(value), destination, out written, GuidLength, alphabet);

    /// <summary>Writes a GUID to UTF-8 text, without allocating, as <see cref="Encode(Guid, Base62Alphabet)"/>
    /// does.</summary>
    /// <inheritdoc cref="TryEncode(Guid, Span{char}, out int, Base62Alphabet)"/>
    public static bool TryEncode(
        Guid value, Span<byte> destination, out int written, Base62Alphabet alphabet = Base62Alphabet.Ordered) =>
        TryEncodeNumber(ToUInt128(value), destination, out written, GuidLength, alphabet);

    private static bool TryEncodeNumber<TChar>(
        ulong value, Span<TChar> destination, out int written, int width, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        var digits = DigitSet.For(alphabet);
        int length = LengthOf(value, width);
        if (length > destination.Length)
        {
            written = 0;
            return false;
        }

        NumberCodec.Write(value, destination[..length], digits);
        written = length;
        return true;
    }

    private static bool TryEncodeNumber<TChar>(
        UInt128 value, Span<TChar> destination, out int written, int width, Base62Alphabet alphabet)
        where TChar : unmanaged
    {
        var digits = DigitSet.For(alphabet);
        int length = LengthOf(value, width);
        if (length > destination.Length)
        {
            written = 0;
            return false;
        }

        WideNumberCodec.Write(value, destination[..length], digits);
        written = length;
        return true;
    }

    private static int LengthOf(ulong value, int width)
    {
        if ((uint)width > MaxUInt64Length)
        {
            throw EncodingWidthOutOfRange(width, MaxUInt64Length);
        }

        int count = NumberCodec.CountDigits(value);
        return width == 0 ? count : width >= count ? width : throw WidthTooSmall(width, count);
    }

    private static int LengthOf(UInt128 value, int width)
    {
        if ((uint)width > MaxUInt128Length)
        {
            throw EncodingWidthOutOfRange(width, MaxUInt128Length);
        }

        if (width == MaxUInt128Length)
        {
            return width; // holds any value, such as a GUID: nothing to count
        }

        int count = WideNumberCodec.CountDigits(value);
        return width == 0 ? count : width >= count ? width : throw WidthTooSmall(width, count);
    }

    private static UInt128 ToUInt128(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
