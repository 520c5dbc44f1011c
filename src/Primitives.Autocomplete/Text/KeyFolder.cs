using System.Text;

namespace Primitives;

/// <summary>
/// Makes the key of a text: what terms are sorted and searched by, in UTF-8. Code points fold one by one, so the key of a
/// prefix is a prefix of the key.
/// </summary>
internal static class KeyFolder
{
    private const int HangulFirst = 0xAC00;
    private const int HangulCount = 11_172;
    private const int VowelCount = 21;
    private const int FinalCount = 28;

    /// <summary>Folds <paramref name="text"/>. Lone surrogates become U+FFFD.</summary>
    /// <returns>Whether <paramref name="destination"/> was long enough.</returns>
    public static bool TryFold(TextFolding folding, ReadOnlySpan<char> text, Span<byte> destination, out int length)
    {
        length = 0;
        if (destination.Length < text.Length)
        {
            return TryFoldRest(folding, text, destination, ref length);
        }

        int i = 0;
        bool lower = folding != TextFolding.None;
        for (; i < text.Length; i++)
        {
            int c = text[i];
            if (c >= 0x80)
            {
                length = i;
                return TryFoldRest(folding, text[i..], destination, ref length);
            }

            destination[i] = (byte)(lower && (uint)(c - 'A') < 26 ? c | 0x20 : c);
        }

        length = i;
        return true;
    }

    private static bool TryFoldRest(TextFolding folding, ReadOnlySpan<char> text, Span<byte> destination, ref int length)
    {
        FoldingTable? table = folding switch
        {
            TextFolding.None => null,
            TextFolding.Case => FoldingTable.Case,
            _ => FoldingTable.CaseAndDiacritics,
        };
        Span<byte> utf8 = stackalloc byte[12];
        foreach (Rune rune in text.EnumerateRunes())
        {
            scoped ReadOnlySpan<byte> folded;
            int syllable = rune.Value - HangulFirst;
            if (folding == TextFolding.CaseAndDiacritics && (uint)syllable < HangulCount)
            {
                folded = utf8[..Decompose(syllable, utf8)];
            }
            else if (table is null || !table.TryFold(rune.Value, out folded))
            {
                folded = utf8[..rune.EncodeToUtf8(utf8)];
            }

            if (!folded.TryCopyTo(destination[length..]))
            {
                return false;
            }

            length += folded.Length;
        }

        return true;
    }

    // The Unicode Standard, section 3.12: a syllable is a leading consonant, a vowel and perhaps a final consonant.
    private static int Decompose(int syllable, Span<byte> utf8)
    {
        int length = new Rune(0x1100 + (syllable / (VowelCount * FinalCount))).EncodeToUtf8(utf8);
        length += new Rune(0x1161 + (syllable % (VowelCount * FinalCount) / FinalCount)).EncodeToUtf8(utf8[length..]);
        int final = syllable % FinalCount;
        return final == 0 ? length : length + new Rune(0x11A7 + final).EncodeToUtf8(utf8[length..]);
    }
}
