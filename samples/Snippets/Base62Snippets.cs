using Primitives;

namespace Snippets;

public static class Base62Snippets
{
    public static void Numbers()
    {
        #region numbers
        string code = Base62.Encode(1_234_567_890UL);            // "1LY7VK", as short as can be
        string key = Base62.Encode(1_234_567_890UL, width: 11);  // "000001LY7VK", sorts as the number does

        ulong id = Base62.Decode(code);
        ulong same = Base62.Decode(key, width: 11);              // the width of writing is the width of reading
        #endregion

        Check(code == "1LY7VK" && key == "000001LY7VK" && id == 1_234_567_890 && same == id);
    }

    public static void Refusals()
    {
        #region refusals
        bool one = Base62.TryDecode("1LY7VK", out ulong id);                              // true
        bool two = Base62.TryDecode("01LY7VK", out ulong _);                              // false: 1LY7VK has one text only
        bool three = Base62.TryDecode("1LY-VK", out ulong _);                             // false: '-' is no digit
        bool four = Base62.TryDecode("LygHa16AHYG", out ulong _);                         // false: this is 2^64
        bool five = Base62.TryDecode("01LY7VK", out ulong lenient, Base62.AnyWidth);      // true: zeros in front allowed
        #endregion

        Check(one && !two && !three && !four && five && id == 1_234_567_890 && lenient == id);
    }

    public static void Reasons()
    {
        string reason = "";
        #region reasons
        try
        {
            Base62.Decode("1LY-VK");
        }
        catch (FormatException exception)
        {
            reason = exception.Message; // Not Base62: '-' (U+002D) is not a digit of 0-9A-Za-z (position 3).
        }
        #endregion

        Check(reason == "Not Base62: '-' (U+002D) is not a digit of 0-9A-Za-z (position 3).");
    }

    public static void Spans()
    {
        ulong id = ulong.MaxValue;
        #region spans
        Span<byte> utf8 = stackalloc byte[Base62.MaxUInt64Length];
        bool fits = Base62.TryEncode(id, utf8, out int written); // allocates nothing; false if too short
        ReadOnlySpan<byte> text = utf8[..written];               // "LygHa16AHYF"
        #endregion

        Check(fits && text.SequenceEqual("LygHa16AHYF"u8));
    }

    public static void Guids()
    {
        #region guids
        Guid order = Guid.CreateVersion7();
        string text = Base62.Encode(order); // always 22 characters; sorts by time, as version 7 does
        Guid same = Base62.DecodeGuid(text);
        #endregion

        Check(text.Length == Base62.GuidLength && same == order);
    }

    public static void Bytes()
    {
        #region bytes
        string text = Base62.EncodeBytes([0, 0, 7]);  // leading zeros are kept
        byte[] bytes = Base62.DecodeBytes(text);
        string after = Base62.EncodeBytes([0, 0, 7, 0]);
        bool sorted = string.CompareOrdinal(text, after) < 0; // true: texts sort as the bytes do
        #endregion

        Check(bytes.AsSpan().SequenceEqual<byte>([0, 0, 7]) && sorted);
    }

    public static void ShortCodes()
    {
        byte[] secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        #region short-codes
        var permutation = new ShortCodePermutation(secret, length: 7); // thread-safe: one for the whole service

        string first = Base62.Encode(permutation.Permute(1), permutation.Length);  // "jCRocAi"
        string second = Base62.Encode(permutation.Permute(2), permutation.Length); // "wgTQVMB"

        bool isCode = Base62.TryDecode(first, out ulong code, permutation.Length);
        ulong id = permutation.Invert(code); // 1
        #endregion

        Check(isCode && id == 1 && first == "jCRocAi" && second == "wgTQVMB", $"{first} {second}");
    }

    private static void Check(bool isTrue, string found = "")
    {
        if (!isTrue)
        {
            throw new InvalidOperationException($"The snippet does not do what it says. {found}");
        }
    }
}
