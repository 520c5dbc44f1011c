using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>The tables of one alphabet: <c>0-9</c> and the two runs of letters. Immutable.</summary>
internal sealed class DigitSet
{
    /// <summary>The number of digits.</summary>
    public const int Radix = 62;

    /// <summary>The number of two-digit texts.</summary>
    public const int PairCount = Radix * Radix;

    // What the table holds for a character that is not a digit. Its two top bits are set and those of every digit value
    // are clear, so many characters can be looked up and checked at once at the end.
    private const byte Foreign = 0xFF;
    private const uint ForeignBits = 0xC0;

    private static readonly DigitSet Ordered = new("0-9A-Za-z", firstUpper: 10, firstLower: 36);
    private static readonly DigitSet LowerFirst = new("0-9a-zA-Z", firstUpper: 36, firstLower: 10);

    private readonly ValueTable _values;
    private readonly PairTable _pairs;
    private readonly ushort _fromUpper; // adds up, modulo 2^16, with the distance of a letter from '0' to its value
    private readonly ushort _fromLower;

    private DigitSet(string name, int firstUpper, int firstLower)
    {
        Name = name;
        _fromUpper = unchecked((ushort)(firstUpper - ('A' - '0')));
        _fromLower = unchecked((ushort)(firstLower - ('a' - '0')));

        Span<byte> values = _values;
        values.Fill(Foreign);
        Span<byte> digits = stackalloc byte[Radix];
        for (int value = 0; value < Radix; value++)
        {
            int code = value < 10 ? '0' + value
                : value >= firstUpper && value < firstUpper + 26 ? 'A' + (value - firstUpper)
                : 'a' + (value - firstLower);
            values[code] = (byte)value;
            digits[value] = (byte)code;
        }

        for (int pair = 0; pair < PairCount; pair++)
        {
            _pairs[pair] = (ushort)(digits[pair / Radix] | (digits[pair % Radix] << 8));
        }
    }

    /// <summary>Gets the alphabet as people write it, for messages.</summary>
    public string Name { get; }

    /// <summary>Gives the tables of an alphabet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such alphabet.</exception>
    public static DigitSet For(Base62Alphabet alphabet) =>
        alphabet == Base62Alphabet.Ordered ? Ordered
        : alphabet == Base62Alphabet.LowerFirst ? LowerFirst
        : throw Undefined(alphabet);

    /// <summary>Tells whether any of the characters that <see cref="ValueOf"/> noted is not a digit.</summary>
    public static bool IsAnyForeign(uint seen) => (seen & (ForeignBits | 0xFFFF_0000)) != 0;

    /// <summary>Gives the value of a digit, or anything for another character; <see cref="IsAnyForeign"/> then tells
    /// from what is noted in <paramref name="seen"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ValueOf<TChar>(TChar character, ref uint seen)
        where TChar : unmanaged
    {
        uint code = TextUnit.ToCode(character);
        uint value = _values[(byte)code];
        seen |= typeof(TChar) == typeof(byte) ? value : value | (code << 8);
        return value;
    }

    /// <summary>Gives the values of eight digits, or anything for other characters, whose lanes are then clear in
    /// <paramref name="valid"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<ushort> ValuesOf(Vector128<ushort> codes, ref Vector128<ushort> valid)
    {
        Vector128<ushort> fromZero = codes - Vector128.Create((ushort)'0');
        Vector128<ushort> fromUpperA = codes - Vector128.Create((ushort)'A');
        Vector128<ushort> fromLowerA = codes - Vector128.Create((ushort)'a');
        Vector128<ushort> isFigure = Vector128.LessThan(fromZero, Vector128.Create((ushort)10));
        Vector128<ushort> isUpper = Vector128.LessThan(fromUpperA, Vector128.Create((ushort)26));
        Vector128<ushort> isLower = Vector128.LessThan(fromLowerA, Vector128.Create((ushort)26));
        valid &= isFigure | isUpper | isLower;
        return fromZero + (isUpper & Vector128.Create(_fromUpper)) + (isLower & Vector128.Create(_fromLower));
    }

    /// <summary>Gives the two characters of a number below <see cref="PairCount"/>, ASCII, the first in the low
    /// byte.</summary>
    public uint PairOf(uint number) => _pairs[(int)number];

    private static ArgumentOutOfRangeException Undefined(Base62Alphabet alphabet) =>
        new(nameof(alphabet), alphabet, "Not a Base62 alphabet.");

    // Tables inside the object and of lengths the compiler knows: no second load, and no bounds check for a byte.
    [InlineArray(256)]
    private struct ValueTable
    {
        private byte _first;
    }

    [InlineArray(PairCount)]
    private struct PairTable
    {
        private ushort _first;
    }
}
