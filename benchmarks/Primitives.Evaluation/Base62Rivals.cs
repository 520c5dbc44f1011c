using System.Globalization;
using System.Numerics;
using System.Text;

namespace Primitives.Evaluation;

/// <summary>The versions of Base62 that people write or find first, each as plain and as quick as its idea allows.</summary>
internal static class Base62Rivals
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Remainders by 62, each inserted in front of the text so far.</summary>
    public static string EncodeWithStringBuilder(ulong value)
    {
        if (value == 0)
        {
            return "0";
        }

        var text = new StringBuilder();
        while (value > 0)
        {
            text.Insert(0, Alphabet[(int)(value % 62)]);
            value /= 62;
        }

        return text.ToString();
    }

    /// <summary>The same with <see cref="BigInteger"/>, as libraries do that take any number of bytes; its digits go to a
    /// buffer, which is the cheapest place for them.</summary>
    public static string EncodeWithBigInteger(ulong number)
    {
        BigInteger value = number;
        Span<char> buffer = stackalloc char[Base62.MaxUInt64Length];
        int i = buffer.Length;
        do
        {
            value = BigInteger.DivRem(value, 62, out BigInteger digit);
            buffer[--i] = Alphabet[(int)digit];
        }
        while (!value.IsZero);

        return new string(buffer[i..]);
    }

    /// <summary>Looks each character up with <see cref="string.IndexOf(char)"/> and checks what must be checked.</summary>
    public static ulong DecodeWithIndexOf(string text)
    {
        ulong value = 0;
        foreach (char character in text)
        {
            int digit = Alphabet.IndexOf(character);
            if (digit < 0)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"Not a digit: {character}"));
            }

            value = checked((value * 62) + (ulong)digit);
        }

        return value;
    }
}
