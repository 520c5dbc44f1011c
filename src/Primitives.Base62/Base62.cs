namespace Primitives;

/// <summary>
/// Writes numbers, GUIDs and bytes as text of the 62 ASCII letters and digits, and reads it back, strictly.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> For every value, width and alphabet, <c>Decode(Encode(value, width, alphabet), width,
/// alphabet) == value</c>, and decoding accepts no text but those that encoding with the same width and alphabet
/// gives: one value has one text. With <see cref="Base62Alphabet.Ordered"/>, texts of one width, and the texts of any
/// bytes, sort ordinally as the values do. Nothing is written to a destination that is too short.</para>
/// <para><b>Cost.</b> O(length of the text). The methods that write to spans or return numbers allocate nothing; those
/// that return a string or an array allocate just that.</para>
/// <para><b>Limits.</b> Upper and lower case are different digits: a case-insensitive collation or file system folds
/// many texts into one. Base62 hides nothing; see <see cref="ShortCodePermutation"/> for ids that must not be
/// guessed.</para>
/// <para><b>Thread safety.</b> All members are thread-safe.</para>
/// <para><b>Source.</b> Positional notation of radix 62, most significant digit first; the layout of bytes is given at
/// <see cref="EncodeBytes(ReadOnlySpan{byte}, Base62Alphabet)"/>.</para>
/// </remarks>
public static partial class Base62
{
    /// <summary>The most digits a <see cref="ulong"/> needs: <c>LygHa16AHYF</c> for
    /// <see cref="ulong.MaxValue"/>.</summary>
    public const int MaxUInt64Length = 11;

    /// <summary>The most digits a <see cref="UInt128"/> needs.</summary>
    public const int MaxUInt128Length = 22;

    /// <summary>The digits of every <see cref="Guid"/>.</summary>
    public const int GuidLength = MaxUInt128Length;

    /// <summary>The width that makes decoding lenient: any number of leading zero digits is skipped. It is no width to
    /// encode with.</summary>
    public const int AnyWidth = -1;

    // Exceptions are made in methods of their own, so that what makes them does not weigh on the methods that throw.
    private static ArgumentOutOfRangeException EncodingWidthOutOfRange(int width, int maxLength) =>
        new(nameof(width), width, $"The width must be from 1 to {maxLength}, or 0 for the minimal form.");

    private static ArgumentOutOfRangeException DecodingWidthOutOfRange(int width, int maxLength) =>
        new(
            nameof(width),
            width,
            $"The width must be from 1 to {maxLength}, or 0 for the minimal form, or {nameof(AnyWidth)}.");

    private static ArgumentOutOfRangeException WidthTooSmall(int width, int digitCount) =>
        new(nameof(width), width, $"The value needs {digitCount} digits.");
}
