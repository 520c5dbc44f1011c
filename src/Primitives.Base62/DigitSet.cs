namespace Primitives;

/// <summary>The tables of one alphabet. Immutable.</summary>
internal sealed class DigitSet
{
    /// <summary>The number of digits.</summary>
    public const int Radix = 62;

    /// <summary>The number of two-digit texts.</summary>
    public const int PairCount = Radix * Radix;

    /// <summary>What <see cref="Values"/> holds for a character that is not a digit. Its two top bits are set and those
    /// of every digit value are clear, so many characters can be looked up and checked at once at the end.</summary>
    public const byte Foreign = 0xFF;

    /// <summary>The bits that only <see cref="Foreign"/> has.</summary>
    public const byte ForeignBits = 0xC0;

    private static readonly DigitSet Ordered = new("0-9A-Za-z", '0', 'A', 'a');
    private static readonly DigitSet LowerFirst = new("0-9a-zA-Z", '0', 'a', 'A');

    private DigitSet(string name, params ReadOnlySpan<char> firstOfRuns)
    {
        Span<byte> digits = stackalloc byte[Radix];
        int count = 0;
        foreach (char first in firstOfRuns)
        {
            int length = first == '0' ? 10 : 26;
            for (int i = 0; i < length; i++)
            {
                digits[count++] = (byte)(first + i);
            }
        }

        Name = name;
        Pairs = new byte[2 * PairCount];
        for (int pair = 0; pair < PairCount; pair++)
        {
            Pairs[2 * pair] = digits[pair / Radix];
            Pairs[(2 * pair) + 1] = digits[pair % Radix];
        }

        Values = new byte[256];
        Values.AsSpan().Fill(Foreign);
        for (int value = 0; value < Radix; value++)
        {
            Values[digits[value]] = (byte)value;
        }
    }

    /// <summary>Gets the alphabet as people write it, for messages.</summary>
    public string Name { get; }

    /// <summary>Gets the two ASCII characters of each number below 3,844, one after the other.</summary>
    public byte[] Pairs { get; }

    /// <summary>Gets the value of each ASCII character, or <see cref="Foreign"/>; 256 entries.</summary>
    public byte[] Values { get; }

    /// <summary>Gives the tables of an alphabet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such alphabet.</exception>
    public static DigitSet For(Base62Alphabet alphabet) => alphabet switch
    {
        Base62Alphabet.Ordered => Ordered,
        Base62Alphabet.LowerFirst => LowerFirst,
        _ => throw new ArgumentOutOfRangeException(nameof(alphabet), alphabet, "Not a Base62 alphabet."),
    };
}
