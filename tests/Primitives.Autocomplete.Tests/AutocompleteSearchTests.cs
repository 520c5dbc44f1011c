namespace Primitives.Tests;

/// <summary>The search's shortcuts, against brute force: the table for the first two bytes, the vectors of labels, words of
/// keys, buckets of every size, and the last keys of all, behind which no word can be read.</summary>
public class AutocompleteSearchTests
{
    [Theory]
    [InlineData(1, "abcdefghijkl")]
    [InlineData(7, "abcdefghijkl")]
    [InlineData(32, "abcdefghijkl")]
    [InlineData(33, "abcdefghijklmnopqrstuvwxyz")]
    [InlineData(64, "ab")]
    [InlineData(256, "abcdefghijkl")]
    [InlineData(32, "aé汉\U0001F600")]
    public void Completions_equal_brute_force_whatever_way_they_are_found(int bucketSize, string alphabet)
    {
        var random = new Random(bucketSize);
        string[] letters = [.. alphabet.EnumerateRunes().Select(rune => rune.ToString())];
        var scores = new Dictionary<string, long>();
        for (int i = 0; i < 6_000; i++)
        {
            // Some with a long stem in common, so that nodes skip bytes and words do not suffice.
            string stem = random.Next(4) == 0 ? "abcabcabcabc"[..random.Next(13)] : "";
            scores[stem + string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => letters[random.Next(letters.Length)]))] = random.Next(50);
        }

        var builder = new AutocompleteBuilder(new AutocompleteOptions { Folding = TextFolding.None, BucketSize = bucketSize });
        foreach ((string text, long score) in scores)
        {
            builder.Add(text, score);
        }

        AutocompleteIndex index = builder.Build();
        string[] texts = [.. scores.Keys.Order(CodePoints)];
        var found = new Completion[10];
        for (int i = 0; i < 3_000; i++)
        {
            string text = i < 50 ? texts[^(1 + i)] : texts[random.Next(texts.Length)]; // also the last keys of all
            string prefix = text[..random.Next(text.Length + 1)] + (random.Next(5) == 0 ? letters[random.Next(letters.Length)] : "");
            if (prefix.Length > 0 && char.IsHighSurrogate(prefix[^1]))
            {
                continue;
            }

            int most = random.Next(1, 11);
            string[] right = [.. texts.Where(term => term.StartsWith(prefix, StringComparison.Ordinal)).OrderByDescending(term => scores[term]).Take(most)];
            int count = index.Complete(prefix, found.AsSpan(0, most));
            Assert.True(right.SequenceEqual(found.Take(count).Select(completion => completion.Text)), $"{prefix}: {string.Join(", ", right)}");
            Assert.Equal(right.Select(term => scores[term]), found.Take(count).Select(completion => completion.Int64Score));
        }
    }

    [Fact]
    public void A_buffer_used_for_one_index_serves_another()
    {
        AutocompleteIndex first = One("term", 1);
        AutocompleteIndex second = One("text", 2);
        var buffer = new Completion[3];
        first.Complete("", buffer, new AutocompleteQuery { MaxEdits = 1 });
        Assert.Equal(1, second.Complete("te", buffer));
        Assert.Equal(("text", 2L, 0), (buffer[0].Text, buffer[0].Int64Score, buffer[0].Edits));
        Assert.Equal(default, buffer[1]);
    }

    private static AutocompleteIndex One(string text, long score)
    {
        var builder = new AutocompleteBuilder();
        builder.Add(text, score);
        return builder.Build();
    }

    private static readonly Comparer<string> CodePoints = Comparer<string>.Create((one, other) =>
        System.Text.Encoding.UTF8.GetBytes(one).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(other)));
}
