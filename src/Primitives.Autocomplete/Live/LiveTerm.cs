using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>A text with its key, both in UTF-8.</summary>
internal readonly record struct LiveTerm(byte[] Key, byte[] Text)
{
    /// <exception cref="ArgumentException">The text is empty, ill-formed or too long.</exception>
    [SkipLocalsInit]
    public static LiveTerm Encode(TextFolding folding, ReadOnlySpan<char> term)
    {
        Span<byte> key = stackalloc byte[TermTable.MaxTermBytes];
        Span<byte> text = stackalloc byte[TermTable.MaxTermBytes];
        if (TermTable.Encode(folding, term, key, out int keyLength, text, out int textLength) is { } reason)
        {
            throw new ArgumentException(reason, nameof(term));
        }

        byte[] keyBytes = key[..keyLength].ToArray();
        bool same = text[..textLength].SequenceEqual(keyBytes);
        return new LiveTerm(keyBytes, same ? keyBytes : text[..textLength].ToArray());
    }
}
