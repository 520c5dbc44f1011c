using System.Numerics;
using System.Text;

namespace Primitives.Tests;

public class Base62RefusalTests
{
    [Fact]
    public void A_foreign_character_is_found_at_every_position_of_every_length()
    {
        // The neighbours of the three runs of digits, and characters whose low byte is that of a digit.
        const string Foreign = "/:@[`{\0 -_\u0080\u00FF\u0130\u0141\u0161\u3030\uFF11";
        for (int length = 1; length <= 30; length++)
        {
            for (int position = 0; position < length; position++)
            {
                foreach (char character in Foreign)
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

                    Base62Assert.Refuses(() => Base62.Decode(text, Base62.AnyWidth), position, "is not a digit of 0-9A-Za-z");
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
            Base62Assert.Refuses(() => Base62.Decode(above), 10, "exceeds 64 bits");
            Base62Assert.Refuses(() => Base62.Decode(above, width: 11), 10, "exceeds 64 bits");
        }

        // Multiples and neighbours of 2^64, where the low 64 bits look innocent.
        foreach (BigInteger value in Base62Assert.Around(Enumerable.Range(1, 40).Select(k => k * Base62Model.TwoTo64)
            .Concat(Enumerable.Range(65, 100).Select(k => BigInteger.One << k))))
        {
            Base62Assert.DecodesAsModel(Base62Model.Encode(value), 0, Base62Alphabet.Ordered);
            Base62Assert.DecodesAsModel(Base62Model.Encode(value), Base62.AnyWidth, Base62Alphabet.Ordered);
        }

        Base62Assert.Refuses(() => Base62.Decode("zzzzzzzzzzz"), 10, "exceeds 64 bits");
        Base62Assert.Refuses(() => Base62.Decode(new string('z', 1_000)), 10, "exceeds 64 bits");
        Base62Assert.Refuses(() => Base62.Decode("100000000000"), 11, "exceeds 64 bits");
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
            Base62Assert.Refuses(() => Base62.DecodeUInt128(above, width: 22), 21, "exceeds 128 bits");
        }

        foreach (BigInteger value in Base62Assert.Around(Enumerable.Range(1, 40).Select(k => k * Base62Model.TwoTo128)
            .Concat(Enumerable.Range(129, 100).Select(k => BigInteger.One << k))))
        {
            Base62Assert.DecodesAsModel(Base62Model.Encode(value), Base62.AnyWidth, Base62Alphabet.Ordered);
        }

        Base62Assert.Refuses(() => Base62.DecodeUInt128(new string('z', 22)), 21, "exceeds 128 bits");
        Base62Assert.Refuses(() => Base62.DecodeUInt128(new string('z', 23)), 21, "exceeds 128 bits");
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
        Base62Assert.Refuses(() => Base62.Decode(text, width), position, rule);
        Assert.False(Base62.TryDecode(text, out ulong _, width));
    }

    [Fact]
    public void The_exception_names_the_alphabet_and_the_byte_of_utf8_text()
    {
        Base62Assert.Refuses(() => Base62.Decode("a!"u8, alphabet: Base62Alphabet.LowerFirst), 1, "'!' (byte 0x21) is not a digit of 0-9a-zA-Z");
        Base62Assert.Refuses(() => Base62.Decode("a\u00E9"u8), 1, ": byte 0xC3 is not a digit");
        Base62Assert.Refuses(() => Base62.DecodeUInt128("a!"u8), 1, "is not a digit");
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
}
