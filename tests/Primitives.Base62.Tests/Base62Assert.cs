using System.Numerics;
using System.Text;

namespace Primitives.Tests;

/// <summary>What several classes of tests assert.</summary>
internal static class Base62Assert
{
    /// <summary>A writer to spans of characters or bytes.</summary>
    public delegate bool TryWrite<TChar>(Span<TChar> destination, out int written);

    /// <summary>Fails unless the text is written to any destination that is long enough, with nothing around it touched,
    /// and nothing at all to one that is too short.</summary>
    public static void Writes<TChar>(string expected, TryWrite<TChar> tryWrite)
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

    /// <summary>Fails unless an action throws a <see cref="FormatException"/> with this rule and position.</summary>
    public static void Refuses(Func<object> decode, int position, string rule)
    {
        string message = Assert.Throws<FormatException>(decode).Message;
        Assert.StartsWith("Not Base62: ", message, StringComparison.Ordinal);
        Assert.Contains(rule, message, StringComparison.Ordinal);
        Assert.EndsWith($"(position {position}).", message, StringComparison.Ordinal);
    }

    /// <summary>Fails unless a text is taken or refused as the model does, in either size and encoding.</summary>
    public static void DecodesAsModel(string text, int width, Base62Alphabet alphabet)
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

    /// <summary>Gives each number and its three neighbours on either side.</summary>
    public static IEnumerable<BigInteger> Around(IEnumerable<BigInteger> centres) =>
        centres.SelectMany(centre => Enumerable.Range(-3, 7).Select(offset => centre + offset))
            .Where(value => value >= 0);
}
