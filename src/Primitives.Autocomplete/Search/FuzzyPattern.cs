using System.Text;

namespace Primitives;

/// <summary>The characters of a prefix, as a mask of positions for each: up to 62 characters.</summary>
internal readonly ref struct FuzzyPattern
{
    /// <summary>The longest pattern: its positions, and the one behind it, are bits of a word.</summary>
    public const int MaxLength = 62;

    /// <summary>The words needed to hold one: a mask for each ASCII character, and the other characters.</summary>
    public const int WordCount = 128 + MaxLength;

    private readonly Span<ulong> _masks;

    /// <summary>Reads a pattern.</summary>
    /// <param name="utf8">Well-formed UTF-8.</param>
    /// <param name="words">Memory for it: <see cref="WordCount"/> words, zero.</param>
    public FuzzyPattern(ReadOnlySpan<byte> utf8, Span<ulong> words)
    {
        _masks = words;
        while (!utf8.IsEmpty && Length < MaxLength)
        {
            Rune.DecodeFromUtf8(utf8, out Rune rune, out int length);
            utf8 = utf8[length..];
            words[128 + Length] = (ulong)rune.Value;
            if (rune.IsAscii)
            {
                words[rune.Value] |= 1UL << Length;
            }

            Length++;
        }

        IsWhole = utf8.IsEmpty;
    }

    /// <summary>Gets the number of characters.</summary>
    public int Length { get; }

    /// <summary>Gets whether the prefix is no longer than <see cref="MaxLength"/>.</summary>
    public bool IsWhole { get; }

    /// <summary>Gets the positions of a character.</summary>
    public ulong Mask(int rune)
    {
        if (rune < 128)
        {
            return _masks[rune];
        }

        ulong mask = 0;
        for (int i = 0; i < Length; i++)
        {
            if (_masks[128 + i] == (ulong)rune)
            {
                mask |= 1UL << i;
            }
        }

        return mask;
    }
}
