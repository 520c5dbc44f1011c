using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class Base62NumberTests
{
    private static readonly Base62Alphabet[] Alphabets = [Base62Alphabet.Ordered, Base62Alphabet.LowerFirst];

    // As many values of each number of bits: uniform values would nearly all have eleven digits.
    private static readonly Gen<ulong> AnyUInt64 =
        from bits in Gen.Choose(0, 64)
        from value in ArbMap.Default.GeneratorFor<ulong>()
        from noise in Gen.Choose(int.MinValue, int.MaxValue)
        select bits == 0 ? 0 : ((value * 0x9E3779B97F4A7C15) ^ ((ulong)(uint)noise << 32)) >> (64 - bits);

    private static readonly Gen<UInt128> AnyUInt128 =
        from upper in AnyUInt64
        from lower in AnyUInt64
        from shift in Gen.Choose(0, 64)
        select new UInt128(upper, lower) >> shift;

    private static readonly Gen<string> AnyText = TextGenerator();

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(10, "A")]
    [InlineData(61, "z")]
    [InlineData(62, "10")]
    [InlineData(3843, "zz")]
    [InlineData(long.MaxValue, "AzL8n0Y58m7")]
    [InlineData(1UL << 63, "AzL8n0Y58m8")]
    [InlineData(ulong.MaxValue, "LygHa16AHYF")]
    public void Known_values_have_their_known_texts(ulong value, string text)
    {
        Assert.Equal(text, Base62.Encode(value));
        Assert.Equal(value, Base62.Decode(text));
        Assert.Equal(text, Base62.Encode((UInt128)value));
        Assert.Equal((UInt128)value, Base62.DecodeUInt128(text));
    }

    [Fact]
    public void The_largest_128_bit_number_has_its_known_text()
    {
        Assert.Equal("7n42DGM5Tflk9n8mt7Fhc7", Base62.Encode(UInt128.MaxValue));
        Assert.Equal(UInt128.MaxValue, Base62.DecodeUInt128("7n42DGM5Tflk9n8mt7Fhc7"));
    }

    [Fact]
    public void The_other_alphabet_swaps_the_cases_of_the_letters()
    {
        Assert.Equal("lYGhA16ahyf", Base62.Encode(ulong.MaxValue, alphabet: Base62Alphabet.LowerFirst));
        Assert.Equal(ulong.MaxValue, Base62.Decode("lYGhA16ahyf", alphabet: Base62Alphabet.LowerFirst));
    }

    [Fact]
    public void Numbers_around_every_power_of_62_and_of_2_agree_with_the_model_in_every_form()
    {
        foreach (BigInteger value in Around(Enumerable.Range(0, 22).Select(k => BigInteger.Pow(62, k))
            .Concat(Enumerable.Range(0, 129).Select(k => BigInteger.One << k))).Where(value => value < Base62Model.TwoTo128))
        {
            foreach (Base62Alphabet alphabet in Alphabets)
            {
                if (value < Base62Model.TwoTo64)
                {
                    AssertAgrees((ulong)value, alphabet);
                }

                AssertAgrees((UInt128)value, alphabet);
            }
        }
    }

    [Fact]
    public void Any_64_bit_number_agrees_with_the_model_in_every_form() =>
        PropertyTest.Check(AnyUInt64, Gen.Elements(Alphabets), AssertAgrees, 2_000);

    [Fact]
    public void Any_128_bit_number_agrees_with_the_model_in_every_form() =>
        PropertyTest.Check(AnyUInt128, Gen.Elements(Alphabets), AssertAgrees, 2_000);

    [Fact]
    public void Decoding_takes_just_the_texts_that_encoding_gives()
    {
        PropertyTest.Check(
            AnyText,
            Gen.Zip(Gen.Choose(Base62.AnyWidth, Base62.MaxUInt128Length), Gen.Elements(Alphabets)),
            (text, how) =>
            {
                (int width, Base62Alphabet alphabet) = how;
                AssertDecodesAsModel(text, width, alphabet);
                AssertDecodesAsModel(text, 0, alphabet);
                AssertDecodesAsModel(text, Base62.AnyWidth, alphabet);
                AssertDecodesAsModel(text, Math.Min(text.Length, Base62.MaxUInt128Length), alphabet);
            },
            5_000);
    }

    [Fact]
    public void Every_text_of_up_to_two_characters_is_taken_or_refused_as_the_model_does()
    {
        char[] characters = [.. Enumerable.Range(0, 260).Select(code => (char)code), '\u0130', '\u0141', '\u0661', '\uFF10', '\uFFFF'];
        AssertDecodesAsModel("", 0, Base62Alphabet.Ordered);
        foreach (char first in characters)
        {
            AssertDecodesAsModel(first.ToString(), 0, Base62Alphabet.Ordered);
            foreach (char second in characters)
            {
                string text = $"{first}{second}";
                BigInteger? expected = Base62Model.Decode(text, Base62Model.TwoTo64);
                Assert.Equal(expected is not null, Base62.TryDecode(text, out ulong value));
                Assert.Equal(expected ?? 0, value);
            }
        }
    }

    [Fact]
    public void A_foreign_character_is_found_at_every_position_of_every_length()
    {
        // The neighbours of the three runs of digits, and characters whose low byte is that of a digit.
        const string foreign = "/:@[`{\0 -_\u0080\u00FF\u0130\u0141\u0161\u3030\uFF11";
        for (int length = 1; length <= 30; length++)
        {
            for (int position = 0; position < length; position++)
            {
                foreach (char character in foreign)
                {
                    string text = new string('1', position) + character + new string('1', length - position - 1);
                    Assert.False(Base62.TryDecode(text, out UInt128 _, Base62.AnyWidth));
                    Assert.False(Base62.TryDecode(text, out ulong _, Base62.AnyWidth));
                    if (character <= 0xFF)
                    {
                        byte[] utf8 = Encoding.Latin1.GetBytes(text);
                        Assert.False(Base62.TryDecode(utf8, out UInt128 _, Base62.AnyWidth));
                        Assert.False(Base62.TryDecode(utf8, out ulong _, Base62.AnyWidth));
                    }

                    AssertRefused(() => Base62.Decode(text, Base62.AnyWidth), position, "is not a digit of 0-9A-Za-z");
                }
            }
        }
    }

    [Fact]
    public void Numbers_beyond_64_bits_are_refused_and_those_below_taken()
    {
        for (int k = 0; k < 2_000; k++)
        {
            string below = Base62Model.Encode(Base62Model.TwoTo64 - 1 - k);
            Assert.Equal(ulong.MaxValue - (ulong)k, Base62.Decode(below));
            Assert.Equal(ulong.MaxValue - (ulong)k, Base62.Decode(below, width: 11));

            string above = Base62Model.Encode(Base62Model.TwoTo64 + k);
            Assert.False(Base62.TryDecode(above, out ulong value));
            Assert.Equal(0UL, value);
            AssertRefused(() => Base62.Decode(above), 10, "exceeds 64 bits");
            AssertRefused(() => Base62.Decode(above, width: 11), 10, "exceeds 64 bits");
        }

        // Multiples and neighbours of 2^64, where the low 64 bits look innocent.
        foreach (BigInteger value in Around(Enumerable.Range(1, 40).Select(k => k * Base62Model.TwoTo64)
            .Concat(Enumerable.Range(65, 100).Select(k => BigInteger.One << k))))
        {
            AssertDecodesAsModel(Base62Model.Encode(value), 0, Base62Alphabet.Ordered);
            AssertDecodesAsModel(Base62Model.Encode(value), Base62.AnyWidth, Base62Alphabet.Ordered);
        }

        AssertRefused(() => Base62.Decode("zzzzzzzzzzz"), 10, "exceeds 64 bits");
        AssertRefused(() => Base62.Decode(new string('z', 1_000)), 10, "exceeds 64 bits");
        AssertRefused(() => Base62.Decode("100000000000"), 11, "exceeds 64 bits");
    }

    [Fact]
    public void Numbers_beyond_128_bits_are_refused_and_those_below_taken()
    {
        for (int k = 0; k < 2_000; k++)
        {
            string below = Base62Model.Encode(Base62Model.TwoTo128 - 1 - k);
            Assert.Equal(UInt128.MaxValue - (UInt128)k, Base62.DecodeUInt128(below));

            string above = Base62Model.Encode(Base62Model.TwoTo128 + k);
            Assert.False(Base62.TryDecode(above, out UInt128 value));
            Assert.Equal(UInt128.Zero, value);
            AssertRefused(() => Base62.DecodeUInt128(above, width: 22), 21, "exceeds 128 bits");
        }

        foreach (BigInteger value in Around(Enumerable.Range(1, 40).Select(k => k * Base62Model.TwoTo128)
            .Concat(Enumerable.Range(129, 100).Select(k => BigInteger.One << k))))
        {
            AssertDecodesAsModel(Base62Model.Encode(value), Base62.AnyWidth, Base62Alphabet.Ordered);
        }

        AssertRefused(() => Base62.DecodeUInt128(new string('z', 22)), 21, "exceeds 128 bits");
        AssertRefused(() => Base62.DecodeUInt128(new string('z', 23)), 21, "exceeds 128 bits");
    }

    [Theory]
    [InlineData("", 0, 0, "the text is empty")]
    [InlineData("", Base62.AnyWidth, 0, "the text is empty")]
    [InlineData("", 5, 0, "0 characters given, exactly 5 expected")]
    [InlineData("1234", 5, 4, "4 characters given, exactly 5 expected")]
    [InlineData("123456", 5, 5, "6 characters given, exactly 5 expected")]
    [InlineData("01", 0, 0, "leading zero")]
    [InlineData("00", 0, 0, "leading zero")]
    [InlineData("a-b", 0, 1, "'-' (U+002D) is not a digit of 0-9A-Za-z")]
    [InlineData("0-b", 0, 1, "'-' (U+002D) is not a digit")]
    [InlineData("a b", 0, 1, ": U+0020 is not a digit")]
    [InlineData("ab\u001B", 0, 2, ": U+001B is not a digit")]
    [InlineData("ab\u00E9", 0, 2, ": U+00E9 is not a digit")]
    [InlineData("LygHa16AHYG", 0, 10, "the number exceeds 64 bits")]
    public void The_exception_says_which_rule_is_broken_and_where(string text, int width, int position, string rule)
    {
        AssertRefused(() => Base62.Decode(text, width), position, rule);
        Assert.False(Base62.TryDecode(text, out ulong _, width));
    }

    [Fact]
    public void The_exception_names_the_alphabet_and_the_byte_of_utf8_text()
    {
        AssertRefused(() => Base62.Decode("a!"u8, alphabet: Base62Alphabet.LowerFirst), 1, "'!' (byte 0x21) is not a digit of 0-9a-zA-Z");
        AssertRefused(() => Base62.Decode("a\u00E9"u8), 1, ": byte 0xC3 is not a digit");
        AssertRefused(() => Base62.DecodeUInt128("a!"u8), 1, "is not a digit");
    }

    [Fact]
    public void The_lenient_width_takes_any_number_of_zeros_in_front()
    {
        foreach (int zeros in (int[])[0, 1, 7, 8, 9, 10, 11, 12, 100, 10_000])
        {
            string front = new('0', zeros);
            Assert.Equal(ulong.MaxValue, Base62.Decode(front + "LygHa16AHYF", Base62.AnyWidth));
            Assert.False(Base62.TryDecode(front + "LygHa16AHYG", out ulong _, Base62.AnyWidth));
            Assert.Equal(UInt128.MaxValue, Base62.DecodeUInt128(front + "7n42DGM5Tflk9n8mt7Fhc7", Base62.AnyWidth));
            Assert.Equal(0UL, Base62.Decode(front + "0", Base62.AnyWidth));
        }
    }

    [Fact]
    public void At_one_width_texts_sort_as_their_numbers_do()
    {
        PropertyTest.Check(AnyUInt64, AnyUInt64, (a, b) =>
        {
            Assert.Equal(
                a.CompareTo(b),
                Math.Sign(string.CompareOrdinal(Base62.Encode(a, width: 11), Base62.Encode(b, width: 11))));
            Assert.Equal(-1, Math.Sign(string.CompareOrdinal(Base62.Encode(a >> 1, width: 11), Base62.Encode((a >> 1) + 1, width: 11))));
        });
        PropertyTest.Check(AnyUInt128, AnyUInt128, (a, b) =>
            Assert.Equal(a.CompareTo(b), Math.Sign(string.CompareOrdinal(Base62.Encode(a, width: 22), Base62.Encode(b, width: 22)))));
    }

    [Fact]
    public void A_width_out_of_range_or_too_small_for_the_value_throws()
    {
        foreach (int width in (int[])[int.MinValue, -1, 12, int.MaxValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.Encode(1, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.TryEncode(1, new char[30], out _, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.TryEncode(1, new byte[30], out _, width));
        }

        foreach (int width in (int[])[int.MinValue, -1, 23, int.MaxValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.Encode(UInt128.One, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.TryEncode(UInt128.One, new char[30], out _, width));
        }

        for (int width = 1; width <= 10; width++)
        {
            ulong first = (ulong)BigInteger.Pow(62, width); // the first that does not fit
            Assert.Equal(new string('z', width), Base62.Encode(first - 1, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.Encode(first, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.TryEncode(first, new char[30], out _, width));
        }

        for (int width = 1; width <= 21; width++)
        {
            var first = (UInt128)BigInteger.Pow(62, width);
            Assert.Equal(new string('z', width), Base62.Encode(first - 1, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.Encode(first, width));
        }

        foreach (int width in (int[])[int.MinValue, -2, 12, 22, int.MaxValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.Decode("1", width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.Decode("1"u8, width));
            Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.TryDecode("1", out ulong _, width));
        }

        Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.DecodeUInt128("1", 23));
        Assert.Throws<ArgumentOutOfRangeException>("width", () => Base62.TryDecode("1"u8, out UInt128 _, -2));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void An_undefined_alphabet_throws(int number)
    {
        var alphabet = (Base62Alphabet)number;
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.Encode(1, alphabet: alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.Encode(UInt128.One, alphabet: alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.Encode(Guid.Empty, alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.Decode("1", alphabet: alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.TryDecode("1", out UInt128 _, alphabet: alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.DecodeGuid("1", alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.EncodeBytes([1], alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.DecodeBytes("10", alphabet));
        Assert.Throws<ArgumentOutOfRangeException>("alphabet", () => Base62.TryDecodeBytes("10", new byte[1], out _, alphabet));
    }

    /// <summary>Fails unless an action throws a <see cref="FormatException"/> with this rule and position.</summary>
    internal static void AssertRefused(Func<object> decode, int position, string rule)
    {
        string message = Assert.Throws<FormatException>(decode).Message;
        Assert.StartsWith("Not Base62: ", message, StringComparison.Ordinal);
        Assert.Contains(rule, message, StringComparison.Ordinal);
        Assert.EndsWith($"(position {position}).", message, StringComparison.Ordinal);
    }

    private static void AssertAgrees(ulong value, Base62Alphabet alphabet)
    {
        int minimal = Base62Model.Encode(value).Length;
        foreach (int width in (int[])[0, .. Enumerable.Range(minimal, Base62.MaxUInt64Length + 1 - minimal)])
        {
            string expected = Base62Model.Encode(value, width, alphabet);
            Assert.Equal(expected, Base62.Encode(value, width, alphabet));
            AssertWrites(expected, (Span<char> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            AssertWrites(expected, (Span<byte> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            AssertDecodesAsModel(expected, width, alphabet);
            Assert.Equal(value, Base62.Decode(expected, width, alphabet));
            Assert.Equal(value, Base62.Decode(Encoding.ASCII.GetBytes(expected), width, alphabet));
        }
    }

    private static void AssertAgrees(UInt128 value, Base62Alphabet alphabet)
    {
        int minimal = Base62Model.Encode(value).Length;
        foreach (int width in (int[])[0, minimal, (minimal + Base62.MaxUInt128Length) / 2, Base62.MaxUInt128Length])
        {
            string expected = Base62Model.Encode(value, width, alphabet);
            Assert.Equal(expected, Base62.Encode(value, width, alphabet));
            AssertWrites(expected, (Span<char> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            AssertWrites(expected, (Span<byte> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            AssertDecodesAsModel(expected, width, alphabet);
            Assert.Equal(value, Base62.DecodeUInt128(expected, width, alphabet));
            Assert.Equal(value, Base62.DecodeUInt128(Encoding.ASCII.GetBytes(expected), width, alphabet));
        }
    }

    private static void AssertDecodesAsModel(string text, int width, Base62Alphabet alphabet)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        BigInteger? wide = Base62Model.Decode(text, Base62Model.TwoTo128, width, alphabet);
        Assert.Equal(wide is not null, Base62.TryDecode(text, out UInt128 wideValue, width, alphabet));
        Assert.Equal(wide ?? 0, (BigInteger)wideValue);
        Assert.Equal(wide is not null, Base62.TryDecode(utf8, out wideValue, width, alphabet));
        Assert.Equal(wide ?? 0, (BigInteger)wideValue);
        if (width <= Base62.MaxUInt64Length)
        {
            BigInteger? narrow = wide < Base62Model.TwoTo64 ? wide : null;
            Assert.Equal(narrow is not null, Base62.TryDecode(text, out ulong value, width, alphabet));
            Assert.Equal(narrow ?? 0, value);
            Assert.Equal(narrow is not null, Base62.TryDecode(utf8, out value, width, alphabet));
            Assert.Equal(narrow ?? 0, value);
        }
    }

    /// <summary>A writer to spans of characters or bytes.</summary>
    internal delegate bool TryWrite<TChar>(Span<TChar> destination, out int written);

    /// <summary>Fails unless the text is written to any destination that is long enough, with nothing around it touched,
    /// and nothing at all to one that is too short.</summary>
    internal static void AssertWrites<TChar>(string expected, TryWrite<TChar> tryWrite)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        TChar untouched = TChar.CreateTruncating('~');
        var buffer = new TChar[expected.Length + 8];
        foreach (int room in (int[])[0, 1, Math.Max(expected.Length - 1, 0), expected.Length, expected.Length + 1, expected.Length + 5])
        {
            buffer.AsSpan().Fill(untouched);
            bool fits = room >= expected.Length;
            Assert.Equal(fits, tryWrite(buffer.AsSpan(1, room), out int written));
            Assert.Equal(fits ? expected.Length : 0, written);
            string content = string.Concat(buffer.Select(character => (char)ushort.CreateTruncating(character)));
            Assert.Equal(('~' + (fits ? expected : "")).PadRight(buffer.Length, '~'), content);
        }
    }

    private static IEnumerable<BigInteger> Around(IEnumerable<BigInteger> centres) =>
        centres.SelectMany(centre => Enumerable.Range(-3, 7).Select(offset => centre + offset))
            .Where(value => value >= 0 && value < Base62Model.TwoTo128 * 64);

    private static Gen<string> TextGenerator()
    {
        Gen<char> digit = Gen.Elements(Base62Model.Digits(Base62Alphabet.Ordered).ToCharArray());
        Gen<char> near = Gen.Elements("/:@[`{-_\0\u0130\u00FF".ToCharArray());
        Gen<char> zero = Gen.Constant('0');
        Gen<char> mostlyDigits = Gen.Frequency((40, digit), (5, zero), (1, near));
        return from zeros in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 14)))
               from length in Gen.Choose(0, 24)
               from characters in mostlyDigits.ArrayOf(length)
               select new string('0', zeros) + new string(characters);
    }
}
