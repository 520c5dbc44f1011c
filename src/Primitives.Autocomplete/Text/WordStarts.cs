using System.Globalization;
using System.Text;

namespace Primitives;

/// <summary>Finds where words begin: at a letter or digit behind something that is part of no word. Marks and apostrophes
/// continue a word.</summary>
internal ref struct WordStarts(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _next;
    private bool _inWord;

    /// <summary>Finds the next word that does not begin at the start of the text.</summary>
    public bool MoveNext(out int start)
    {
        while (_next < _text.Length)
        {
            start = _next;
            Rune.DecodeFromUtf16(_text[start..], out Rune rune, out int length);
            _next += length;
            bool continues = rune.Value is '\'' or '\u2019' || IsMark(rune);
            bool begins = !_inWord && Rune.IsLetterOrDigit(rune);
            _inWord = Rune.IsLetterOrDigit(rune) || (_inWord && continues);
            if (begins && start > 0)
            {
                return true;
            }
        }

        start = 0;
        return false;
    }

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
