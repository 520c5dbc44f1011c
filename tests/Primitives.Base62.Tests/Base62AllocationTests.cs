using Primitives.Testing;

namespace Primitives.Tests;

public class Base62AllocationTests
{
    [Fact]
    public void Writing_to_spans_and_reading_numbers_allocates_nothing()
    {
        char[] chars = new char[64];
        byte[] utf8 = new byte[64];
        var guid = new Guid("0198c7a4-5be1-7c4e-9a4b-3f0d5e6a7b8c");
        UInt128 wide = UInt128.MaxValue / 3;
        ulong checksum = 0;
        Allocation.AssertNone(() =>
        {
            Assert.True(Base62.TryEncode(long.MaxValue, chars, out int written));
            Assert.True(Base62.TryDecode(chars.AsSpan(0, written), out ulong number));
            checksum += number + Base62.Decode(chars.AsSpan(0, written));
            Assert.True(Base62.TryEncode(12_345, utf8, out written, width: 7));
            checksum += Base62.Decode(utf8.AsSpan(0, written), width: 7);

            Assert.True(Base62.TryEncode(wide, chars, out written));
            checksum += (ulong)Base62.DecodeUInt128(chars.AsSpan(0, written));
            Assert.True(Base62.TryEncode(wide, utf8, out written));
            Assert.True(Base62.TryDecode(utf8.AsSpan(0, written), out UInt128 _));

            Assert.True(Base62.TryEncode(guid, chars, out written));
            Assert.True(Base62.TryDecode(chars.AsSpan(0, written), out Guid _));
            Assert.True(Base62.TryEncode(guid, utf8, out written));
            Assert.True(Base62.DecodeGuid(utf8.AsSpan(0, written)) == guid);

            Assert.False(Base62.TryDecode("LygHa16AHYG", out number));
            Assert.False(Base62.TryDecode("a-b", out number));
            Assert.False(Base62.TryEncode(ulong.MaxValue, chars.AsSpan(0, 5), out written));
        });
        Assert.NotEqual(0UL, checksum);
    }

    [Fact]
    public void Writing_and_reading_bytes_in_spans_allocates_nothing()
    {
        byte[] bytes = [.. Enumerable.Range(0, 21).Select(i => (byte)(i * 37))];
        char[] chars = new char[64];
        byte[] utf8 = new byte[64];
        byte[] back = new byte[32];
        Allocation.AssertNone(() =>
        {
            Assert.True(Base62.TryEncodeBytes(bytes, chars, out int written));
            Assert.True(Base62.TryDecodeBytes(chars.AsSpan(0, written), back, out _));
            Assert.True(Base62.TryEncodeBytes(bytes, utf8, out written));
            Assert.True(Base62.TryDecodeBytes(utf8.AsSpan(0, written), back, out _));
        });
        Assert.Equal(bytes, back[..bytes.Length]);
    }

    [Fact]
    public void Encoding_to_a_string_allocates_just_the_string()
    {
        string text = "";
        double expected = Allocation.BytesPerCall(() => text = new string('x', 11));
        Assert.Equal(expected, Allocation.BytesPerCall(() => text = Base62.Encode((ulong)long.MaxValue)));
        Assert.Equal("AzL8n0Y58m7", text);
    }

    [Fact]
    public void Permuting_and_inverting_allocates_nothing()
    {
        var permutation = new ShortCodePermutation("0123456789abcdef"u8, length: 7);
        ulong id = 0;
        Allocation.AssertNone(() => id = permutation.Invert(permutation.Permute(id)) + 1);
        Assert.NotEqual(0UL, id);
    }
}
