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
        foreach (BigInteger value in Base62Assert.Around(Enumerable.Range(0, 22).Select(k => BigInteger.Pow(62, k))
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
                Base62Assert.DecodesAsModel(text, width, alphabet);
                Base62Assert.DecodesAsModel(text, 0, alphabet);
                Base62Assert.DecodesAsModel(text, Base62.AnyWidth, alphabet);
                Base62Assert.DecodesAsModel(text, Math.Min(text.Length, Base62.MaxUInt128Length), alphabet);
            },
            5_000);
    }

    [Fact]
    public void Every_text_of_up_to_two_characters_is_taken_or_refused_as_the_model_does()
    {
        char[] characters = [.. Enumerable.Range(0, 260).Select(code => (char)code), '\u0130', '\u0141', '\u0661', '\uFF10', '\uFFFF'];
        Base62Assert.DecodesAsModel("", 0, Base62Alphabet.Ordered);
        foreach (char first in characters)
        {
            Base62Assert.DecodesAsModel(first.ToString(), 0, Base62Alphabet.Ordered);
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

    private static void AssertAgrees(ulong value, Base62Alphabet alphabet)
    {
        int minimal = Base62Model.Encode(value).Length;
        foreach (int width in (int[])[0, .. Enumerable.Range(minimal, Base62.MaxUInt64Length + 1 - minimal)])
        {
            string expected = Base62Model.Encode(value, width, alphabet);
            Assert.Equal(expected, Base62.Encode(value, width, alphabet));
            Base62Assert.Writes(expected, (Span<char> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            Base62Assert.Writes(expected, (Span<byte> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            Base62Assert.DecodesAsModel(expected, width, alphabet);
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
            Base62Assert.Writes(expected, (Span<char> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            Base62Assert.Writes(expected, (Span<byte> to, out int written) => Base62.TryEncode(value, to, out written, width, alphabet));
            Base62Assert.DecodesAsModel(expected, width, alphabet);
            Assert.Equal(value, Base62.DecodeUInt128(expected, width, alphabet));
            Assert.Equal(value, Base62.DecodeUInt128(Encoding.ASCII.GetBytes(expected), width, alphabet));
        }
    }

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
