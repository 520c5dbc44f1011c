using System.Numerics;

namespace Primitives.Tests;

/// <summary>Base62 in its simplest, obviously right form: <see cref="BigInteger"/> and strings.</summary>
internal static class Base62Model
{
    private const string Figures = "0123456789";
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";

    public static readonly BigInteger TwoTo64 = BigInteger.One << 64;
    public static readonly BigInteger TwoTo128 = BigInteger.One << 128;

    public static string Digits(Base62Alphabet alphabet) =>
        alphabet == Base62Alphabet.Ordered ? Figures + Upper + Lower : Figures + Lower + Upper;

    public static string Encode(BigInteger value, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        string text = "";
        for (; value > 0; value /= 62)
        {
            text = Digits(alphabet)[(int)(value % 62)] + text;
        }

        return text.PadLeft(Math.Max(width, 1), '0');
    }

    /// <summary>Gives the value that a text stands for, or null if it must be refused: if no value has that text at
    /// that width.</summary>
    public static BigInteger? Decode(string text, BigInteger limit, int width = 0, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        BigInteger value = 0;
        foreach (char character in text)
        {
            int digit = Digits(alphabet).IndexOf(character, StringComparison.Ordinal);
            if (digit < 0)
            {
                return null;
            }

            value = (value * 62) + digit;
        }

        bool hasForm = width switch
        {
            0 => text == Encode(value, 0, alphabet),
            Base62.AnyWidth => text.Length > 0,
            _ => text.Length == width,
        };
        return hasForm && value < limit ? value : null;
    }

    /// <summary>Gives the text of bytes from the two rules of the format, not from its constants.</summary>
    public static string EncodeBytes(ReadOnlySpan<byte> bytes, Base62Alphabet alphabet = Base62Alphabet.Ordered)
    {
        int[] lengths = [0, 2, 3, 5, 6, 7, 9, 10, 11];
        var weights = new BigInteger[8];
        weights[7] = 1;
        for (int i = 6; i >= 0; i--)
        {
            var step = BigInteger.Pow(62, 11 - lengths[i + 1]);
            weights[i] = ((256 * weights[i + 1]) + step - 1) / step * step;
        }

        string text = "";
        for (int start = 0; start < bytes.Length; start += 8)
        {
            ReadOnlySpan<byte> block = bytes[start..Math.Min(start + 8, bytes.Length)];
            BigInteger number = 0;
            for (int i = 0; i < block.Length; i++)
            {
                number += block[i] * weights[i];
            }

            text += Encode(number, 11, alphabet)[..lengths[block.Length]];
        }

        return text;
    }
}
