using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class Base62GuidTests
{
    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000", "0000000000000000000000")]
    [InlineData("00000000-0000-0000-0000-000000000001", "0000000000000000000001")]
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff", "7n42DGM5Tflk9n8mt7Fhc7")]
    public void Known_values_have_their_known_texts(string guid, string text)
    {
        Assert.Equal(text, Base62.Encode(Guid.Parse(guid)));
        Assert.Equal(Guid.Parse(guid), Base62.DecodeGuid(text));
    }

    [Fact]
    public void Any_guid_is_the_number_of_its_hexadecimal_digits_in_22_characters() =>
        PropertyTest.Check<Guid>(
            guid =>
            {
                var number = UInt128.Parse(guid.ToString("N"), System.Globalization.NumberStyles.HexNumber, null);
                foreach (Base62Alphabet alphabet in (Base62Alphabet[])[Base62Alphabet.Ordered, Base62Alphabet.LowerFirst])
                {
                    string text = Base62.Encode(guid, alphabet);
                    Assert.Equal(Base62Model.Encode(number, Base62.GuidLength, alphabet), text);
                    Base62Assert.Writes(text, (Span<char> to, out int written) => Base62.TryEncode(guid, to, out written, alphabet));
                    Base62Assert.Writes(text, (Span<byte> to, out int written) => Base62.TryEncode(guid, to, out written, alphabet));

                    byte[] utf8 = Encoding.ASCII.GetBytes(text);
                    Assert.Equal(guid, Base62.DecodeGuid(text, alphabet));
                    Assert.Equal(guid, Base62.DecodeGuid(utf8, alphabet));
                    Assert.True(Base62.TryDecode(text, out Guid read, alphabet) && read == guid);
                    Assert.True(Base62.TryDecode(utf8, out read, alphabet) && read == guid);
                }
            },
            500);

    [Fact]
    public void Texts_sort_as_the_bytes_of_the_rfc_do() =>
        PropertyTest.Check<Guid, Guid>(
            (a, b) => Assert.Equal(
                Math.Sign(a.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(b.ToByteArray(bigEndian: true))),
                Math.Sign(string.CompareOrdinal(Base62.Encode(a), Base62.Encode(b)))),
            500);

    [Fact]
    public void Version_7_sorts_by_its_time()
    {
        var time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        string[] texts = [.. Enumerable.Range(0, 100).Select(i => Base62.Encode(Guid.CreateVersion7(time.AddMilliseconds(i))))];
        Assert.Equal(texts.Order(StringComparer.Ordinal), texts);
    }

    [Fact]
    public void Texts_that_no_guid_has_are_refused()
    {
        Base62Assert.Refuses(() => Base62.DecodeGuid(""), 0, "exactly 22 expected");
        Base62Assert.Refuses(() => Base62.DecodeGuid(new string('1', 21)), 21, "exactly 22 expected");
        Base62Assert.Refuses(() => Base62.DecodeGuid(new string('1', 23)), 22, "exactly 22 expected");
        Base62Assert.Refuses(() => Base62.DecodeGuid("7n42DGM5Tflk9n8mt7Fhc8"), 21, "exceeds 128 bits");
        Base62Assert.Refuses(() => Base62.DecodeGuid("zzzzzzzzzzzzzzzzzzzzzz"u8), 21, "exceeds 128 bits");
        Base62Assert.Refuses(() => Base62.DecodeGuid("000000000000000000000-"), 21, "is not a digit");

        Assert.False(Base62.TryDecode("7n42DGM5Tflk9n8mt7Fhc8", out Guid value));
        Assert.Equal(Guid.Empty, value);
        Assert.False(Base62.TryDecode("7n42DGM5Tflk9n8mt7Fhc"u8, out value));
    }
}
