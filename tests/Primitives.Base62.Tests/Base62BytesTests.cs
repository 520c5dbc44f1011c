using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class Base62BytesTests
{
    private static readonly Gen<byte[]> AnyBytes =
        from length in Gen.Choose(0, 40)
        from bytes in Gen.Frequency((4, Gen.Choose(0, 255)), (1, Gen.Constant(0)), (1, Gen.Constant(255))).ArrayOf(length)
        select Array.ConvertAll(bytes, value => (byte)value);

    [Fact]
    public void Golden_texts_never_change()
    {
        string[] lines = File.ReadAllLines(RepositoryRoot.Combine("tests", "Primitives.Base62.Tests", "Vectors", "bytes.csv"));
        foreach (string line in lines.Skip(1))
        {
            string[] cells = line.Split(',');
            byte[] bytes = Convert.FromHexString(cells[0]);
            Assert.Equal(cells[1], Base62.EncodeBytes(bytes));
            Assert.Equal(bytes, Base62.DecodeBytes(cells[1]));
        }

        Assert.Equal(158, lines.Length);
    }

    [Fact]
    public void Any_bytes_agree_with_the_model_and_come_back() =>
        PropertyTest.Check(
            AnyBytes,
            Gen.Elements(Base62Alphabet.Ordered, Base62Alphabet.LowerFirst),
            (bytes, alphabet) =>
            {
                string text = Base62.EncodeBytes(bytes, alphabet);
                Assert.Equal(Base62Model.EncodeBytes(bytes, alphabet), text);
                Assert.Equal(text.Length, Base62.GetEncodedLength(bytes.Length));
                Assert.True(Base62.TryGetDecodedLength(text.Length, out int count));
                Assert.Equal(bytes.Length, count);
                Base62Assert.Writes(text, (Span<char> to, out int written) => Base62.TryEncodeBytes(bytes, to, out written, alphabet));
                Base62Assert.Writes(text, (Span<byte> to, out int written) => Base62.TryEncodeBytes(bytes, to, out written, alphabet));

                byte[] utf8 = Encoding.ASCII.GetBytes(text);
                Assert.Equal(bytes, Base62.DecodeBytes(text, alphabet));
                Assert.Equal(bytes, Base62.DecodeBytes(utf8, alphabet));
                AssertReads(bytes, (Span<byte> to, out int written) => Base62.TryDecodeBytes(text, to, out written, alphabet));
                AssertReads(bytes, (Span<byte> to, out int written) => Base62.TryDecodeBytes(utf8, to, out written, alphabet));
            },
            1_000);

    [Fact]
    public void Leading_zeros_are_kept_at_every_length()
    {
        var texts = new HashSet<string>();
        for (int length = 0; length <= 50; length++)
        {
            string text = Base62.EncodeBytes(new byte[length]);
            Assert.Equal(new string('0', Base62.GetEncodedLength(length)), text);
            Assert.Equal(new byte[length], Base62.DecodeBytes(text));
            Assert.True(texts.Add(text));
        }
    }

    [Fact]
    public void Texts_sort_as_the_bytes_do_prefixes_and_tails_included()
    {
        // All sequences of up to five of the values at the edges, then the same behind a full block and before one.
        byte[] edges = [0, 1, 47, 127, 128, 254, 255];
        var sequences = new List<byte[]> { Array.Empty<byte>() };
        for (int from = 0, length = 1; length <= 4; length++)
        {
            int to = sequences.Count;
            for (; from < to; from++)
            {
                foreach (byte value in edges)
                {
                    sequences.Add([.. sequences[from], value]);
                }
            }
        }

        byte[] block = [9, 0, 255, 1, 128, 7, 0, 255];
        byte[][] all =
        [
            .. sequences,
            .. sequences.Select(sequence => (byte[])[.. block, .. sequence]),
            .. sequences.Select(sequence => (byte[])[.. block[..5], .. sequence]),
            .. sequences.Select(sequence => (byte[])[.. sequence, .. block]),
        ];
        Array.Sort(all, (a, b) => a.AsSpan().SequenceCompareTo(b));
        for (int i = 1; i < all.Length; i++)
        {
            int ofBytes = Math.Sign(all[i - 1].AsSpan().SequenceCompareTo(all[i]));
            int ofTexts = Math.Sign(string.CompareOrdinal(Base62.EncodeBytes(all[i - 1]), Base62.EncodeBytes(all[i])));
            Assert.Equal(ofBytes, ofTexts);
        }
    }

    [Fact]
    public void Texts_of_any_two_byte_sequences_sort_as_they_do() =>
        PropertyTest.Check(AnyBytes, AnyBytes, (a, b) =>
        {
            AssertSameOrder(a, b);
            AssertSameOrder([.. a, .. b], [.. a, .. b.Skip(1)]);          // a common beginning
            AssertSameOrder(a, [.. a, .. b]);                             // a prefix
            AssertSameOrder([.. a, 0], a);                                // a zero byte more
            AssertSameOrder([.. a, .. b], Next(a) ?? []);                 // whatever follows a, against the next of its length
        }, 2_000);

    [Fact]
    public void A_tail_sorts_between_the_blocks_around_it_where_the_plain_number_fails()
    {
        // The plain 64-bit number would give the tail FF the text "47" and the block 30 00 ... the text "4777...".
        byte[] tail = [0xFF];
        byte[] block = [0x30, 0, 0, 0, 0, 0, 0, 0];
        Assert.True(string.CompareOrdinal(Base62.EncodeBytes(block), Base62.EncodeBytes(tail)) < 0);
        Assert.True(string.CompareOrdinal(Base62Model.Encode(0x30UL << 56, 11), Base62Model.Encode(0xFF, 2)) > 0);
    }

    [Fact]
    public void Of_all_texts_of_one_or_two_bytes_just_those_that_encoding_gives_are_taken()
    {
        string digits = Base62Model.Digits(Base62Alphabet.Ordered);
        var ofOne = Enumerable.Range(0, 256).ToDictionary(i => Base62.EncodeBytes([(byte)i]));
        var ofTwo = Enumerable.Range(0, 65_536).ToDictionary(i => Base62.EncodeBytes([(byte)(i >> 8), (byte)i]));
        byte[] bytes = new byte[2];
        Span<char> text = stackalloc char[3];
        for (int number = 0; number < 62 * 62 * 62; number++)
        {
            text[0] = digits[number / 3_844];
            text[1] = digits[number / 62 % 62];
            text[2] = digits[number % 62];
            bool expected = ofTwo.TryGetValue(text.ToString(), out int value);
            Assert.Equal(expected, Base62.TryDecodeBytes(text, bytes, out int written));
            Assert.Equal(expected ? 2 : 0, written);
            Assert.True(!expected || value == (bytes[0] << 8 | bytes[1]));
            if (number < 3_844)
            {
                expected = ofOne.TryGetValue(text[1..].ToString(), out value);
                Assert.Equal(expected, Base62.TryDecodeBytes(text[1..], bytes, out written));
                Assert.True(!expected || value == bytes[0]);
            }
        }
    }

    [Fact]
    public void Of_any_digits_just_those_that_encoding_gives_are_taken()
    {
        var random = new Random(11);
        string digits = Base62Model.Digits(Base62Alphabet.Ordered);
        int taken = 0;
        byte[] bytes = new byte[24];
        for (int i = 0; i < 200_000; i++)
        {
            // Texts that encoding gave, with a digit or two changed, are the ones that nearly pass.
            byte[] source = new byte[random.Next(1, 24)];
            random.NextBytes(source);
            char[] text = Base62.EncodeBytes(source).ToCharArray();
            text[random.Next(text.Length)] = digits[random.Next(62)];
            text[random.Next(text.Length)] = digits[random.Next(62)];
            if (Base62.TryDecodeBytes(text, bytes, out int written))
            {
                taken++;
                Assert.Equal(new string(text), Base62.EncodeBytes(bytes.AsSpan(0, written)));
            }
        }

        Assert.InRange(taken, 10_000, 190_000); // both sides were met
    }

    [Fact]
    public void Blocks_around_the_largest_and_around_every_carry_are_taken_or_refused_as_the_model_does()
    {
        var numbers = new Dictionary<string, byte[]>();
        foreach (byte[] block in EdgeBlocks())
        {
            numbers[Base62Model.EncodeBytes(block)] = block;
        }

        byte[] bytes = new byte[8];
        foreach (string text in numbers.Keys)
        {
            BigInteger centre = Base62Model.Decode(text, BigInteger.One << 80, Base62.AnyWidth)!.Value;
            for (int offset = -300; offset <= 300; offset += offset is > -5 and < 5 ? 1 : 7)
            {
                if (centre + offset < 0)
                {
                    continue;
                }

                string neighbour = Base62Model.Encode(centre + offset, 11);
                if (Base62.TryDecodeBytes(neighbour, bytes, out _))
                {
                    Assert.Equal(neighbour, Base62Model.EncodeBytes(bytes));
                }
                else
                {
                    Assert.False(numbers.ContainsKey(neighbour));
                }
            }
        }

        string largest = Base62.EncodeBytes([255, 255, 255, 255, 255, 255, 255, 255]);
        BigInteger beyond = Base62Model.Decode(largest, BigInteger.One << 80)!.Value + 1;
        for (int i = 0; i < 1_000; i++)
        {
            string text = "00000000000" + Base62Model.Encode(beyond + i, 11);
            Base62Assert.Refuses(() => Base62.DecodeBytes(text), 11, "no bytes give this block of digits");
        }

        Base62Assert.Refuses(() => Base62.DecodeBytes("zzzzzzzzzzz"), 0, "no bytes give this block of digits");
    }

    [Fact]
    public void Lengths_that_no_bytes_give_are_refused()
    {
        for (int length = 0; length <= 100; length++)
        {
            bool expected = length % 11 is not (1 or 4 or 8);
            string text = new('0', length);
            Assert.Equal(expected, Base62.TryGetDecodedLength(length, out int count));
            Assert.Equal(expected, Base62.TryDecodeBytes(text, new byte[100], out int written));
            Assert.Equal(count, written);
            if (!expected)
            {
                Base62Assert.Refuses(() => Base62.DecodeBytes(text), length / 11 * 11, $"no bytes give a last block of {length % 11} characters");
            }
        }
    }

    [Fact]
    public void A_foreign_character_is_found_at_every_position()
    {
        byte[] bytes = [.. Enumerable.Range(1, 23).Select(i => (byte)i)];
        string text = Base62.EncodeBytes(bytes);
        for (int position = 0; position < text.Length; position++)
        {
            foreach (char foreign in "-/:@[`{\u0130\uFF10")
            {
                string bad = text[..position] + foreign + text[(position + 1)..];
                Base62Assert.Refuses(() => Base62.DecodeBytes(bad), position, "is not a digit");
                Assert.False(Base62.TryDecodeBytes(bad, new byte[30], out int written));
                Assert.Equal(0, written);
            }
        }
    }

    [Fact]
    public void A_refused_block_leaves_the_blocks_before_it_and_nothing_behind_them()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)7, 24)];
        string text = Base62.EncodeBytes(bytes.AsSpan(0, 16)) + "zzzzzzzzzzz";
        byte[] destination = [.. Enumerable.Repeat((byte)9, 30)];
        Assert.False(Base62.TryDecodeBytes(text, destination, out _));
        Assert.Equal([.. Enumerable.Repeat((byte)7, 16), .. Enumerable.Repeat((byte)9, 14)], destination);
    }

    [Fact]
    public void The_lengths_helpers_check_their_arguments()
    {
        Assert.Throws<ArgumentOutOfRangeException>("byteCount", () => Base62.GetEncodedLength(-1));
        Assert.Throws<ArgumentOutOfRangeException>("byteCount", () => Base62.GetEncodedLength(int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>("textLength", () => Base62.TryGetDecodedLength(-1, out _));

        const int Largest = 1_561_806_288; // the most bytes whose text has at most 2^31 - 1 characters
        Assert.Equal(2_147_483_646, Base62.GetEncodedLength(Largest));
        Assert.Throws<ArgumentOutOfRangeException>("byteCount", () => Base62.GetEncodedLength(Largest + 1));
        Assert.True(Base62.TryGetDecodedLength(2_147_483_646, out int count));
        Assert.Equal(Largest, count);
    }

    private static IEnumerable<byte[]> EdgeBlocks()
    {
        for (int length = 0; length <= 8; length++)
        {
            foreach (byte value in (byte[])[0, 1, 127, 128, 254, 255])
            {
                foreach (byte rest in (byte[])[0, 1, 255])
                {
                    yield return [.. Enumerable.Repeat(value, length), .. Enumerable.Repeat(rest, 8 - length)];
                }
            }
        }
    }

    private static void AssertSameOrder(byte[] a, byte[] b) => Assert.Equal(
        Math.Sign(a.AsSpan().SequenceCompareTo(b)),
        Math.Sign(string.CompareOrdinal(Base62.EncodeBytes(a), Base62.EncodeBytes(b))));

    /// <summary>Gives the next sequence of the same length, or null behind the last.</summary>
    private static byte[]? Next(byte[] bytes)
    {
        byte[] next = [.. bytes];
        for (int i = next.Length - 1; i >= 0; i--)
        {
            if (++next[i] != 0)
            {
                return next;
            }
        }

        return null;
    }

    private static void AssertReads(byte[] expected, Base62Assert.TryWrite<byte> tryRead)
    {
        foreach (int room in (int[])[0, Math.Max(expected.Length - 1, 0), expected.Length, expected.Length + 3])
        {
            byte[] buffer = [.. Enumerable.Repeat((byte)0xA5, expected.Length + 5)];
            bool fits = room >= expected.Length;
            Assert.Equal(fits, tryRead(buffer.AsSpan(1, room), out int written));
            Assert.Equal(fits ? expected.Length : 0, written);
            byte[] content = [0xA5, .. fits ? expected : [], .. Enumerable.Repeat((byte)0xA5, buffer.Length - 1 - (fits ? expected.Length : 0))];
            Assert.Equal(content, buffer);
        }
    }
}
