using System.Text;

namespace Primitives.Tests;

/// <summary>The obviously right version: looks at every term, with the textbook's table for distances.</summary>
public sealed class NaiveAutocomplete(TextFolding folding, bool wordStarts = false)
{
    private static readonly byte[] Buffer = new byte[1 << 16];

    public Dictionary<string, (long Score, long Payload)> Terms { get; } = [];

    public Found[] Complete(
        string prefix, int count, int edits = 0, int fixedCharacters = 0, Func<long, bool>? accepts = null, Func<long, long, double>? rank = null)
    {
        int[] pattern = Runes(Fold(prefix));
        return [.. Terms
            .Select(term => (Text: term.Key, term.Value.Score, term.Value.Payload, Distance: Distance(term.Key, pattern, fixedCharacters)))
            .Where(term => term.Distance <= edits && accepts?.Invoke(term.Payload) != false)
            .OrderBy(term => term.Distance)
            .ThenByDescending(term => rank?.Invoke(term.Score, term.Payload) ?? term.Score)
            .ThenBy(term => Fold(term.Text), ByteOrder)
            .ThenBy(term => Encoding.UTF8.GetBytes(term.Text), ByteOrder)
            .Take(count)
            .Select(term => new Found(term.Text, term.Score, term.Payload, term.Distance))];
    }

    public static byte[] Fold(TextFolding folding, string text)
    {
        lock (Buffer)
        {
            Assert.True(KeyFolder.TryFold(folding, text, Buffer, out int length));
            return Buffer[..length];
        }
    }

    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y));

    private byte[] Fold(string text) => Fold(folding, text);

    private int Distance(string text, int[] pattern, int fixedCharacters)
    {
        int best = Distance(Runes(Fold(text)), pattern, fixedCharacters);
        foreach (int start in wordStarts ? Words(text) : [])
        {
            // What the folding leaves empty is no word.
            byte[] rest = Fold(text[start..]);
            if (rest.Length < Fold(text).Length)
            {
                best = Math.Min(best, Distance(Runes(rest), pattern, fixedCharacters));
            }
        }

        return best;
    }

    private static int Distance(int[] key, int[] pattern, int fixedCharacters)
    {
        int given = Math.Min(fixedCharacters, pattern.Length);
        if (!key.AsSpan().StartsWith(pattern.AsSpan(0, given)))
        {
            return int.MaxValue;
        }

        return PrefixDistance(key[given..], pattern[given..]);
    }

    /// <summary>The optimal string alignment distance to the nearest of the key's beginnings.</summary>
    public static int PrefixDistance(int[] key, int[] pattern)
    {
        var d = new int[pattern.Length + 1, key.Length + 1];
        int best = pattern.Length;
        for (int j = 0; j <= key.Length; j++)
        {
            for (int i = 0; i <= pattern.Length; i++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (pattern[i - 1] == key[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && pattern[i - 1] == key[j - 2] && pattern[i - 2] == key[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }

            best = Math.Min(best, d[pattern.Length, j]);
        }

        return best;
    }

    private static IEnumerable<int> Words(string text)
    {
        // A word begins at a letter or digit if, going back over marks and apostrophes, there is none.
        for (int start = 1; start < text.Length; start++)
        {
            if (char.IsLowSurrogate(text[start]) || !Rune.IsLetterOrDigit(Rune.GetRuneAt(text, start)))
            {
                continue;
            }

            Rune[] before = [.. text[..start].EnumerateRunes()];
            int last = before.Length - 1;
            while (last >= 0 && (before[last].Value is '\'' or 0x2019 || Rune.GetUnicodeCategory(before[last]).ToString().Contains("Mark", StringComparison.Ordinal)))
            {
                last--;
            }

            if (last < 0 || !Rune.IsLetterOrDigit(before[last]))
            {
                yield return start;
            }
        }
    }

    private static int[] Runes(byte[] utf8) => [.. Encoding.UTF8.GetString(utf8).EnumerateRunes().Select(rune => rune.Value)];

    public sealed record Found(string Text, long Score, long Payload, int Edits);
}
