using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class StableHashTests
{
    private const ulong Prime64 = 0x9E3779B185EBCA8D;

    /// <summary>The published vectors are of a fixed byte sequence; see Vectors/xxh3.c, which printed them with the
    /// reference library.</summary>
    [Fact]
    public void Bytes_hash_to_the_reference_values_at_every_length_and_seed()
    {
        byte[] input = VectorInput(100_000);
        string[] rows = File.ReadAllLines(RepositoryRoot.Combine("tests", "Primitives.Hashing.Tests", "Vectors", "xxh3-64.csv"));
        Assert.Equal(1276, rows.Length - 1);
        foreach (string[] row in rows.Skip(1).Select(row => row.Split(',')))
        {
            int length = int.Parse(row[0], CultureInfo.InvariantCulture);
            ulong seed = ulong.Parse(row[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            ulong expected = ulong.Parse(row[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Assert.Equal(expected, StableHash.Compute(input.AsSpan(0, length), seed));
            if (seed == 0)
            {
                Assert.Equal(expected, StableHash.Compute(input.AsSpan(0, length)));
            }

            if (length == sizeof(ulong))
            {
                Assert.Equal(expected, StableHash.Compute(BinaryPrimitives.ReadUInt64LittleEndian(input), seed));
                Assert.Equal(expected, StableHash.Compute(BinaryPrimitives.ReadInt64LittleEndian(input), seed));
            }

            if (length == 16)
            {
                Assert.Equal(expected, StableHash.Compute(new Guid(input.AsSpan(0, length), bigEndian: true), seed));
            }
        }
    }

    /// <summary>The sanity values that xxHash's own tests name, so that the file above cannot be wrong as a whole.</summary>
    [Theory]
    [InlineData(0, 0UL, 0x2D06800538D394C2UL)]
    [InlineData(0, Prime64, 0xA8A6B918B2F0364AUL)]
    [InlineData(1, 0UL, 0xC44BDFF4074EECDBUL)]
    [InlineData(24, Prime64, 0x850E80FC35BDD690UL)]
    [InlineData(2367, 0UL, 0xCB37AEB9E5D361EDUL)]
    [InlineData(2367, Prime64, 0xD2DB3415B942B42AUL)]
    public void Bytes_hash_to_the_published_sanity_values(int length, ulong seed, ulong expected) =>
        Assert.Equal(expected, StableHash.Compute(VectorInput(length), seed));

    [Fact]
    public void Text_hashes_as_its_utf8_bytes() =>
        PropertyTest.Check<string?, ulong>(
            (text, seed) => Assert.Equal(OfUtf8(text ?? "", seed), StableHash.Compute(text, seed)), count: 500);

    [Fact]
    public void Long_text_of_any_script_hashes_as_its_utf8_bytes()
    {
        // Scalars of one to four bytes, in runs, at every length around the switch to the windowed form and around
        // its blocks of 1,024 bytes.
        Gen<string> units = Gen.Elements("a", "é", "ह", "😀", "\uD83D", "\uDE00", "\0", "\uFFFF");
        Gen<string> texts = units.ListOf().Resize(40).SelectMany(
            parts => Gen.Choose(1, 4_000).Select(length => Repeat(parts.Count == 0 ? ["x"] : parts, length)));
        PropertyTest.Check(texts, Gen.Elements(0UL, 1UL, Prime64, ulong.MaxValue), (text, seed) =>
            Assert.Equal(OfUtf8(text, seed), StableHash.Compute(text, seed)), count: 500);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("é")]
    [InlineData("ह")]
    [InlineData("😀")]
    [InlineData("ab😀é")]
    public void Text_of_every_length_up_to_three_blocks_hashes_as_its_utf8_bytes(string unit)
    {
        string text = Repeat([unit], 3_300);
        for (int length = 0; length <= text.Length; length++)
        {
            // A cut through a pair leaves an unpaired surrogate, which is part of the promise too.
            Assert.Equal(OfUtf8(text[..length], 0), StableHash.Compute(text.AsSpan(0, length)));
            Assert.Equal(OfUtf8(text[..length], Prime64), StableHash.Compute(text.AsSpan(0, length), Prime64));
        }
    }

    [Fact]
    public void Ten_million_characters_hash_as_their_utf8_bytes()
    {
        string text = Repeat(["shard", "🜁", "ключ", "鍵"], 10_000_000);
        Assert.Equal(OfUtf8(text, 7), StableHash.Compute(text, 7));
    }

    // Not as InlineData: an attribute's strings are kept as UTF-8, which has no unpaired surrogates.
    [Fact]
    public void An_unpaired_surrogate_counts_as_the_replacement_character()
    {
        (string Text, string Same)[] cases =
        [
            ("\uD800", "\uFFFD"),
            ("\uDC00", "\uFFFD"),
            ("a\uD83Db", "a\uFFFDb"),
            ("\uDE00\uD83D", "\uFFFD\uFFFD"),
        ];
        foreach ((string text, string same) in cases)
        {
            Assert.Equal(StableHash.Compute(same), StableHash.Compute(text));
        }
    }

    [Fact]
    public void Text_is_not_normalised() =>
        Assert.NotEqual(StableHash.Compute("caf\u00E9"), StableHash.Compute("cafe\u0301"));

    [Fact]
    public void An_integer_hashes_as_its_eight_little_endian_bytes() =>
        PropertyTest.Check<long, ulong>((value, seed) =>
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            Assert.Equal(XxHash3.HashToUInt64(bytes, unchecked((long)seed)), StableHash.Compute(value, seed));
            Assert.Equal(StableHash.Compute(value, seed), StableHash.Compute(unchecked((ulong)value), seed));
        }, count: 1_000);

    [Fact]
    public void An_integer_hashes_the_same_whichever_type_holds_it()
    {
        ulong expected = StableHash.Compute(100L);
        Assert.Equal(expected, StableHash.Compute((byte)100));
        Assert.Equal(expected, StableHash.Compute((sbyte)100));
        Assert.Equal(expected, StableHash.Compute((short)100));
        Assert.Equal(expected, StableHash.Compute((ushort)100));
        Assert.Equal(expected, StableHash.Compute(100));
        Assert.Equal(expected, StableHash.Compute(100u));
        Assert.Equal(expected, StableHash.Compute(100ul));
        Assert.Equal(StableHash.Compute(-1L), StableHash.Compute(-1));
    }

    [Fact]
    public void A_guid_hashes_as_its_bytes_in_written_order()
    {
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        byte[] written = Convert.FromHexString("00112233445566778899aabbccddeeff");
        Assert.Equal(StableHash.Compute(written), StableHash.Compute(guid));
        Assert.Equal(StableHash.Compute(written, 5), StableHash.Compute(guid, 5));
    }

    [Fact]
    public void Nothing_allocates_at_any_length()
    {
        byte[] bytes = VectorInput(5_000);
        string shortText = Repeat(["ключ"], 250);
        string longText = Repeat(["key ", "ключ"], 50_000);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        ulong sum = 0;
        Allocation.AssertNone(() => sum += StableHash.Compute(bytes));
        Allocation.AssertNone(() => sum += StableHash.Compute(bytes, 3));
        Allocation.AssertNone(() => sum += StableHash.Compute(shortText));
        Allocation.AssertNone(() => sum += StableHash.Compute(longText, 3));
        Allocation.AssertNone(() => sum += StableHash.Compute(42L));
        Allocation.AssertNone(() => sum += StableHash.Compute(guid));
        Allocation.AssertNone(() => sum += StableHash.Range(StableHash.Remix(sum), 10));
        Assert.NotEqual(0UL, sum);
    }

    private static ulong OfUtf8(string text, ulong seed) =>
        XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text), unchecked((long)seed));

    private static string Repeat(IReadOnlyList<string> parts, int length)
    {
        var text = new StringBuilder(length + 8);
        for (int i = 0; text.Length < length; i++)
        {
            text.Append(parts[i % parts.Count]);
        }

        return text.ToString(0, length);
    }

    private static byte[] VectorInput(int length)
    {
        var input = new byte[length];
        ulong state = 0x9E3779B1;
        for (int i = 0; i < length; i++)
        {
            input[i] = (byte)(state >> 56);
            state = unchecked(state * Prime64);
        }

        return input;
    }
}
