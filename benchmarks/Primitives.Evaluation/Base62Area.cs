using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Primitives.Evaluation;

internal static class Base62Area
{
    public static readonly Area Area = new("base62", Accuracy, Speed);

    private const int Count = 1 << 12; // a power of two: a mask walks through the values, small enough to stay cached
    private const int Mask = Count - 1;

    private static readonly ulong[] Values = RandomValues();
    private static readonly string[] Texts = Array.ConvertAll(Values, value => Base62.Encode(value));
    private static readonly byte[][] Utf8Texts = Array.ConvertAll(Texts, Encoding.ASCII.GetBytes);
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly ShortCodePermutation Permutation = new(Key, length: 10);

    private static void Accuracy(Scorecard card)
    {
        card.AtMost("wrong round trips", WrongRoundTrips(500_000), 0, note: "of 500,000 numbers, GUIDs and byte sequences each");
        card.AtMost("texts of bytes out of order", OutOfOrder(500_000), 0, note: "of 500,000 pairs, prefixes among them");
        card.AtMost("numbers beyond 64 and 128 bits accepted", OverflowsAccepted(500_000), 0, note: "of the 500,000 next ones");
        card.AtMost("codes that a permutation of 62^3 leaves out", CodesLeftOut(length: 3), 0);
        card.AtMost("bits of a code that a bit of its id changes, off 50 %", AvalancheBias(40_000), 0.25, "%", "40,000 pairs, 62^10");

        card.AtMost("bytes allocated, encode to UTF-16", Allocated.BytesPerOperation(EncodeToSpan), 0, "B");
        card.AtMost("bytes allocated, encode to UTF-8", Allocated.BytesPerOperation(EncodeToUtf8), 0, "B");
        card.AtMost("bytes allocated, decode UTF-16", Allocated.BytesPerOperation(Decode), 0, "B");
        card.AtMost("bytes allocated, decode UTF-8", Allocated.BytesPerOperation(DecodeUtf8), 0, "B");
        card.AtMost("bytes allocated, GUIDs and byte sequences there and back", Allocated.BytesPerOperation(GuidsAndBytes), 0, "B");
        card.AtMost("bytes allocated, permute and invert", Allocated.BytesPerOperation(PermuteAndInvert, 1_000), 0, "B");
    }

    private static void Speed(Scorecard card)
    {
        RatioResult builder = Ratio.Of(EncodeToString, EncodeWithStringBuilder);
        card.AtLeast("encode to string, faster than StringBuilder.Insert", builder.Speedup, 4, "x", builder.Note);
        RatioResult big = Ratio.Of(EncodeToString, EncodeWithBigInteger);
        card.AtLeast("encode to string, faster than BigInteger", big.Speedup, 10, "x", big.Note);
        RatioResult format = Ratio.Of(EncodeToSpan, FormatDecimal);
        card.AtMost("encode to span, against ulong.TryFormat", format.Value, 1.3, "x", format.Note);
        RatioResult formatUtf8 = Ratio.Of(EncodeToUtf8, FormatDecimalUtf8);
        card.AtMost("encode to UTF-8 span, against ulong.TryFormat", formatUtf8.Value, 1.3, "x", formatUtf8.Note);
        RatioResult indexOf = Ratio.Of(Decode, DecodeWithIndexOf);
        card.AtLeast("checked decode, faster than IndexOf", indexOf.Speedup, 4, "x", indexOf.Note);
        RatioResult hashes = Ratio.Of(Permute, HashTenTimes);
        card.AtMost("permute, against ten SHA256.HashData of a block", hashes.Value, 1.3, "x", hashes.Note);
    }

    private static int WrongRoundTrips(int count)
    {
        var random = new Random(1);
        int wrong = 0;
        for (int i = 0; i < count; i++)
        {
            ulong number = (ulong)random.NextInt64() >> random.Next(63);
            UInt128 wide = new UInt128((ulong)random.NextInt64(), number) >> random.Next(128);
            byte[] bytes = new byte[random.Next(33)];
            random.NextBytes(bytes);
            var guid = new Guid((int)number, (short)i, (short)(number >> 32), (byte)(number >> 48), 1, 2, 3, 4, 5, 6, (byte)i);
            wrong += Base62.Decode(Base62.Encode(number)) != number ? 1 : 0;
            wrong += Base62.Decode(Base62.Encode(number, width: 11), width: 11) != number ? 1 : 0;
            wrong += Base62.DecodeUInt128(Base62.Encode(wide)) != wide ? 1 : 0;
            wrong += Base62.DecodeGuid(Base62.Encode(guid)) != guid ? 1 : 0;
            wrong += !Base62.DecodeBytes(Base62.EncodeBytes(bytes)).AsSpan().SequenceEqual(bytes) ? 1 : 0;
        }

        return wrong;
    }

    private static int OutOfOrder(int count)
    {
        var random = new Random(2);
        int wrong = 0;
        Span<byte> first = stackalloc byte[24];
        Span<byte> second = stackalloc byte[24];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(first);
            random.NextBytes(second);
            first[..random.Next(24)].CopyTo(second); // most pairs differ late or not at all
            Span<byte> a = first[..random.Next(25)];
            Span<byte> b = second[..random.Next(25)];
            int expected = Math.Sign(a.SequenceCompareTo(b));
            wrong += Math.Sign(string.CompareOrdinal(Base62.EncodeBytes(a), Base62.EncodeBytes(b))) != expected ? 1 : 0;
        }

        return wrong;
    }

    private static int OverflowsAccepted(int count)
    {
        // The texts that follow the largest number's, counted on in base 62.
        int accepted = 0;
        char[] narrow = "LygHa16AHYF".ToCharArray();
        char[] wide = "7n42DGM5Tflk9n8mt7Fhc7".ToCharArray();
        for (int i = 0; i < count; i++)
        {
            Increment(narrow);
            Increment(wide);
            accepted += Base62.TryDecode(narrow, out ulong _) ? 1 : 0;
            accepted += Base62.TryDecode(wide, out UInt128 _) ? 1 : 0;
        }

        return accepted;

        static void Increment(char[] digits)
        {
            int i = digits.Length - 1;
            for (; digits[i] == 'z'; i--)
            {
                digits[i] = '0';
            }

            digits[i] = digits[i] switch { '9' => 'A', 'Z' => 'a', char digit => (char)(digit + 1) };
        }
    }

    private static int CodesLeftOut(int length)
    {
        var permutation = new ShortCodePermutation(Key, length);
        var met = new bool[permutation.Domain];
        for (ulong id = 0; id < permutation.Domain; id++)
        {
            met[permutation.Permute(id)] = true;
        }

        return met.Count(isMet => !isMet);
    }

    private static double AvalancheBias(int pairs)
    {
        // The lower bits: the highest ones below 62^10, which is no power of two, are not set in half of all numbers.
        const int Bits = 48;
        var random = new Random(3);
        long changed = 0;
        for (int i = 0; i < pairs; i++)
        {
            ulong id = (ulong)random.NextInt64(1L << Bits);
            ulong difference = Permutation.Permute(id) ^ Permutation.Permute(id ^ (1UL << (i % Bits)));
            changed += BitOperations.PopCount(difference & ((1UL << Bits) - 1));
        }

        return Math.Abs((100.0 * changed / ((double)pairs * Bits)) - 50);
    }

    private static long GuidsAndBytes(int operations)
    {
        Span<char> text = stackalloc char[30];
        Span<byte> bytes = stackalloc byte[16];
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            var guid = new Guid(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            Base62.TryEncode(guid, text, out int written);
            sum += Base62.TryDecode(text[..written], out guid) ? 1 : 0;
            guid.TryWriteBytes(bytes);
            Base62.TryEncodeBytes(bytes, text, out written);
            sum += Base62.TryDecodeBytes(text[..written], bytes, out written) ? written : 0;
        }

        return sum;
    }

    private static long Permute(int operations)
    {
        ulong sum = 0;
        for (int i = 0; i < operations; i++)
        {
            sum += Permutation.Permute((ulong)i);
        }

        return (long)sum;
    }

    private static long PermuteAndInvert(int operations)
    {
        ulong sum = 0;
        for (int i = 0; i < operations; i++)
        {
            sum += Permutation.Invert(Permutation.Permute((ulong)i));
        }

        return (long)sum;
    }

    private static long HashTenTimes(int operations)
    {
        Span<byte> input = stackalloc byte[41];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            for (int round = 0; round < 10; round++)
            {
                SHA256.HashData(input, hash);
                input[0] = hash[0];
            }

            sum += input[0];
        }

        return sum;
    }

    private static long EncodeToString(int operations)
    {
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            sum += Base62.Encode(Values[i & Mask]).Length;
        }

        return sum;
    }

    private static long EncodeWithStringBuilder(int operations)
    {
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            sum += Base62Rivals.EncodeWithStringBuilder(Values[i & Mask]).Length;
        }

        return sum;
    }

    private static long EncodeWithBigInteger(int operations)
    {
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            sum += Base62Rivals.EncodeWithBigInteger(Values[i & Mask]).Length;
        }

        return sum;
    }

    private static long EncodeToSpan(int operations)
    {
        Span<char> buffer = stackalloc char[20];
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            Base62.TryEncode(Values[i & Mask], buffer, out int written);
            sum += written + buffer[0];
        }

        return sum;
    }

    private static long FormatDecimal(int operations)
    {
        Span<char> buffer = stackalloc char[20];
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            Values[i & Mask].TryFormat(buffer, out int written, default, CultureInfo.InvariantCulture);
            sum += written + buffer[0];
        }

        return sum;
    }

    private static long EncodeToUtf8(int operations)
    {
        Span<byte> buffer = stackalloc byte[20];
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            Base62.TryEncode(Values[i & Mask], buffer, out int written);
            sum += written + buffer[0];
        }

        return sum;
    }

    private static long FormatDecimalUtf8(int operations)
    {
        Span<byte> buffer = stackalloc byte[20];
        long sum = 0;
        for (int i = 0; i < operations; i++)
        {
            Values[i & Mask].TryFormat(buffer, out int written, default, CultureInfo.InvariantCulture);
            sum += written + buffer[0];
        }

        return sum;
    }

    private static long Decode(int operations)
    {
        ulong sum = 0;
        for (int i = 0; i < operations; i++)
        {
            Base62.TryDecode(Texts[i & Mask], out ulong value);
            sum += value;
        }

        return (long)sum;
    }

    private static long DecodeUtf8(int operations)
    {
        ulong sum = 0;
        for (int i = 0; i < operations; i++)
        {
            Base62.TryDecode(Utf8Texts[i & Mask], out ulong value);
            sum += value;
        }

        return (long)sum;
    }

    private static long DecodeWithIndexOf(int operations)
    {
        ulong sum = 0;
        for (int i = 0; i < operations; i++)
        {
            sum += Base62Rivals.DecodeWithIndexOf(Texts[i & Mask]);
        }

        return (long)sum;
    }

    private static ulong[] RandomValues()
    {
        var random = new Random(62);
        var values = new ulong[Count];
        for (int i = 0; i < Count; i++)
        {
            values[i] = (ulong)random.NextInt64(); // 63 bits, as a Snowflake id has
        }

        return values;
    }
}
