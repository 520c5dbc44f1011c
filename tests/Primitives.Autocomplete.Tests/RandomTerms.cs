using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

/// <summary>Terms that collide: few pieces, of several scripts, among them those that fold in surprising ways.</summary>
public static class RandomTerms
{
    private static readonly string[] Pieces =
    [
        "a", "b", "ab", "ba", "A", "c", "\u00E9", "e\u0301", "e", "\u00DF", "ss", "\u0131", "\u0130", "I", "i", "\uFB01", "fi",
        "\u304C", "\u304B\u3099", "\u304B", "\uD55C", "\uD558", "\u110B", "\U00010400", "\U00010428", "\U0001F600", "\u0939\u093F", "\u0639\u064E",
        "\u0301", " ", "-", "'", "1", "\0", "\u7FFF", "\uFFFD",
    ];

    /// <summary>A seed for each case: everything in it follows from that.</summary>
    public static Gen<int> Seeds => Gen.Choose(0, int.MaxValue - 1);

    public static string Term(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => Pick(random)));

    public static string Prefix(Random random, IReadOnlyList<string> terms)
    {
        if (terms.Count == 0 || random.Next(4) == 0)
        {
            return random.Next(3) == 0 ? "" : Term(random);
        }

        string term = terms[random.Next(terms.Count)];
        int length = random.Next(term.Length + 1);
        if (length > 0 && length < term.Length && char.IsLowSurrogate(term[length]))
        {
            length--; // half a pair is tested on its own
        }

        string prefix = term[..length];
        for (int i = random.Next(3); i > 0 && prefix.Length > 1; i--)
        {
            prefix = Misspell(random, prefix);
        }

        return prefix;
    }

    public static AutocompleteOptions Options(Random random) => new()
    {
        Folding = (TextFolding)random.Next(3),
        MatchWordStarts = random.Next(3) == 0,
        CachedResults = random.Next(1, 5),
        BucketSize = random.Next(1, 5),
        Duplicates = DuplicateTerms.Replace,
    };

    private static string Misspell(Random random, string text)
    {
        string[] runes = [.. text.EnumerateRunes().Select(rune => rune.ToString())];
        int at = random.Next(runes.Length);
        switch (random.Next(4))
        {
            case 0:
                runes[at] = "";
                break;
            case 1:
                runes[at] = Pick(random);
                break;
            case 2:
                runes[at] += Pick(random);
                break;
            default:
                (runes[at], runes[^1]) = (runes[^1], runes[at]);
                break;
        }

        return string.Concat(runes);
    }

    // Mostly the first ones, so that there is much to be alike.
    private static string Pick(Random random) => Pieces[random.Next(random.Next(1, Pieces.Length + 1))];
}
