using Primitives.Testing;

namespace Primitives.Tests;

public class AutocompleteIndexTests
{
    [Fact]
    public void The_best_scores_come_first_and_ties_in_ordinal_order()
    {
        AutocompleteIndex index = Subject.Build(("prim", 1), ("primer", 5), ("prime", 5), ("primate", 9), ("print", 9), ("other", 99));
        Assert.Equal(["primate", "print", "prime", "primer", "prim"], index.Complete("pri", 10));
        Assert.Equal(["primate", "print"], index.Complete("pri", 2));
        Assert.Equal("other", index.Complete("", 1).Single());
        Assert.Empty(index.Complete("prix", 10));
    }

    [Fact]
    public void An_index_without_terms_answers_every_query_with_nothing()
    {
        AutocompleteIndex index = new AutocompleteBuilder().Build();
        Assert.Equal(0, index.Count);
        Assert.Empty(index.Complete("", 10));
        Assert.Empty(index.Complete("abc", 10, new AutocompleteQuery { MaxEdits = 2 }));
        Assert.False(index.TryGet("a", out _));
        Assert.Equal(0, AutocompleteIndex.FromBytes(index.ToBytes()).Count);
    }

    [Fact]
    public void The_text_comes_back_as_it_was_added()
    {
        AutocompleteIndex index = Subject.Build(("\u00C9l\u00E9onore", 1), ("Stra\u00DFe", 1), ("\u0130stanbul", 1), ("Isparta", 1));
        Assert.Equal("\u00C9l\u00E9onore", index.Complete("eleo", 5).Single());
        Assert.Equal("Stra\u00DFe", index.Complete("STRASS", 5).Single());
        Assert.Equal(["Isparta", "\u0130stanbul"], index.Complete("\u0131", 5));
    }

    [Fact]
    public void Texts_that_share_a_key_are_different_terms()
    {
        AutocompleteIndex index = Subject.Build(("resume", 1), ("R\u00E9sum\u00E9", 3), ("Resume", 2));
        Assert.Equal(["R\u00E9sum\u00E9", "Resume", "resume"], index.Complete("resume", 5));
        Assert.True(index.TryGet("Resume", out Completion found));
        Assert.Equal(2, found.Score);
        Assert.False(index.TryGet("RESUME", out _));
    }

    [Theory]
    [InlineData(DuplicateTerms.Sum, 12, 7)]
    [InlineData(DuplicateTerms.Max, 9, 8)]
    [InlineData(DuplicateTerms.Replace, 3, 7)]
    public void A_term_added_twice_follows_the_policy(DuplicateTerms policy, long score, long payload)
    {
        var builder = new AutocompleteBuilder(new AutocompleteOptions { Duplicates = policy });
        builder.Add("a", 9, payload: 8);
        builder.Add("b", 1);
        builder.Add("a", 3, payload: 7);
        AutocompleteIndex index = builder.Build();
        Assert.Equal((3, 2), (builder.Count, index.Count));
        Assert.True(index.TryGet("a", out Completion a));
        Assert.Equal((score, payload), (a.Int64Score, a.Payload));
    }

    [Fact]
    public void A_term_added_twice_can_be_an_error()
    {
        var builder = new AutocompleteBuilder(new AutocompleteOptions { Duplicates = DuplicateTerms.Throw });
        builder.Add("twice", 1);
        builder.Add("Twice", 1);
        Assert.Equal(2, builder.Build().Count);
        builder.Add("twice", 2);
        Assert.Contains("'twice'", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sum_beyond_64_bits_is_an_error_not_another_number()
    {
        var builder = new AutocompleteBuilder();
        builder.Add("a", long.MaxValue);
        builder.Add("a", 1);
        Assert.Throws<OverflowException>(builder.Build);

        var doubles = new AutocompleteBuilder(new AutocompleteOptions { Scores = AutocompleteScores.Double });
        doubles.Add("a", double.MaxValue);
        doubles.Add("a", double.MaxValue);
        Assert.Throws<OverflowException>(doubles.Build);
    }

    /// <summary>RediSearch returns 2147483647 for an exact match and scaled scores otherwise.</summary>
    [Fact]
    public void Integer_scores_come_back_untouched_to_the_last_bit()
    {
        AutocompleteIndex index = Subject.Build(("a", long.MaxValue), ("ab", long.MaxValue - 1), ("abc", long.MinValue), ("abcd", 0));
        var found = new Completion[4];
        Assert.Equal(4, index.Complete("a", found));
        Assert.Equal([long.MaxValue, long.MaxValue - 1, 0, long.MinValue], found.Select(completion => completion.Int64Score));
    }

    [Fact]
    public void Floating_point_scores_come_back_untouched_and_sort_as_numbers()
    {
        double[] scores = [double.MaxValue, 1.5, double.Epsilon, 0, -double.Epsilon, -1.5, double.MinValue];
        var builder = new AutocompleteBuilder(new AutocompleteOptions { Scores = AutocompleteScores.Double });
        foreach (double score in scores.Reverse())
        {
            builder.Add($"s{score:R}", score);
        }

        builder.Add("whole", 1L << 53);
        AutocompleteIndex index = builder.Build();
        var found = new Completion[scores.Length];
        Assert.Equal(scores.Length, index.Complete("s", found));
        Assert.Equal(scores, found.Select(completion => completion.Score));
        Assert.Throws<InvalidOperationException>(() => found[0].Int64Score);
        Assert.Equal(AutocompleteScores.Double, index.Scores);
    }

    [Fact]
    public void Words_in_the_middle_match_when_asked_for_and_a_term_comes_once()
    {
        var builder = new AutocompleteBuilder(new AutocompleteOptions { MatchWordStarts = true, CachedResults = 2, BucketSize = 1 });
        builder.Add("New York", 5);
        builder.Add("York, new", 3);
        builder.Add("new new new", 9);
        builder.Add("don't-stop", 1);
        builder.Add("re\u0301sume\u0301", 1);
        AutocompleteIndex index = builder.Build();
        Assert.True(index.MatchesWordStarts);
        Assert.Equal(["new new new", "New York", "York, new"], index.Complete("new", 10));
        Assert.Equal(["New York", "York, new"], index.Complete("yo", 10));
        Assert.Equal("don't-stop", index.Complete("stop", 10).Single());
        Assert.Empty(index.Complete("t-", 10)); // an apostrophe does not end a word
        Assert.Empty(index.Complete("sume", 10)); // nor does a mark
    }

    /// <summary>Lucene's FuzzySuggester and Elasticsearch rank a popular near miss above the exact match.</summary>
    [Fact]
    public void An_exact_match_with_a_low_score_precedes_a_near_miss_with_a_high_one()
    {
        AutocompleteIndex index = Subject.Build(("form", 1), ("from", 1_000_000), ("forum", 500), ("foam", 10));
        var found = new Completion[4];
        Assert.Equal(4, index.Complete("form", found, new AutocompleteQuery { MaxEdits = 2 }));
        Assert.Equal(["form", "from", "forum", "foam"], found.Select(completion => completion.Text));
        Assert.Equal([0, 1, 1, 1], found.Select(completion => completion.Edits));
    }

    [Fact]
    public void An_edit_is_a_character_not_a_byte()
    {
        AutocompleteIndex index = Subject.Build(("\u7FFF\u4E00\u4E01", 1), ("\U0001F600\U0001F601x", 1));
        var query = new AutocompleteQuery { MaxEdits = 1 };
        Assert.Single(index.Complete("\u7FFF\u4E02\u4E01", 5, query));
        Assert.Single(index.Complete("\U0001F601\U0001F600x", 5, query)); // two neighbours, four code units
        Assert.Empty(index.Complete("\u7FFF\u4E02\u4E02", 5, query));
    }

    [Fact]
    public void Fixed_characters_are_not_edited()
    {
        AutocompleteIndex index = Subject.Build(("bat", 1), ("cat", 2), ("cut", 3));
        Assert.Equal(["cat", "bat", "cut"], index.Complete("cat", 5, new AutocompleteQuery { MaxEdits = 1 }).Order(StringComparer.Ordinal).OrderBy(text => text == "cat" ? 0 : 1));
        Assert.Equal(["cat", "cut"], index.Complete("cat", 5, new AutocompleteQuery { MaxEdits = 1, FixedCharacters = 1 }));
        Assert.Equal(["cat"], index.Complete("cat", 5, new AutocompleteQuery { MaxEdits = 1, FixedCharacters = 9 }));
    }

    [Fact]
    public void A_prefix_beyond_62_characters_matches_exactly_or_not_at_all()
    {
        string text = new('a', 63);
        AutocompleteIndex index = Subject.Build((text, 1), (new string('b', 62), 1));
        var query = new AutocompleteQuery { MaxEdits = 2 };
        Assert.Equal(text, index.Complete(text, 5, query).Single());
        Assert.Empty(index.Complete(new string('a', 62) + "b", 5, query));
        Assert.Single(index.Complete(new string('b', 61) + "c", 5, query));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_term_and_matches_nothing()
    {
        AutocompleteIndex index = Subject.Build(("\U0001F600", 1));
        Assert.Empty(index.Complete("\uD83D", 5));
        Assert.False(index.TryGet("\uD83D", out _));
        Assert.Throws<ArgumentException>("term", () => new AutocompleteBuilder().Add("a\uD83D", 1));
        Assert.Throws<ArgumentException>("term", () => new AutocompleteBuilder().Add("\uDE00a", 1));
    }

    [Fact]
    public void The_longest_term_works_and_a_longer_one_is_refused()
    {
        string longest = new('x', 2_048);
        AutocompleteIndex index = Subject.Build((longest, 1), (longest[..^1], 2));
        Assert.Equal([longest[..^1], longest], index.Complete(longest.AsSpan(0, 2_000), 5));
        Assert.Equal(longest, index.Complete(longest, 5).Single());
        Assert.Empty(index.Complete(longest + "x", 5));
        Assert.Throws<ArgumentException>("term", () => new AutocompleteBuilder().Add(longest + "x", 1));
        Assert.Throws<ArgumentException>("term", () => new AutocompleteBuilder().Add(new string('\uFDFA', 100), 1)); // 33 bytes each, folded
        Assert.Throws<ArgumentException>("term", () => new AutocompleteBuilder().Add("", 1));
    }

    [Fact]
    public void A_term_of_marks_alone_is_found_by_the_empty_prefix()
    {
        AutocompleteIndex index = Subject.Build(("\u0301", 1), ("a", 2));
        Assert.Equal(["a", "\u0301"], index.Complete("", 5));
        Assert.Equal(["a", "\u0301"], index.Complete("\u0300", 5)); // a prefix that folds to nothing
    }

    [Fact]
    public void A_completion_gives_its_text_into_memory_of_the_caller()
    {
        AutocompleteIndex index = Subject.Build(("\u00C9t\u00E9", 1));
        var found = new Completion[1];
        index.Complete("ete", found);
        Span<char> chars = stackalloc char[3];
        Span<byte> bytes = stackalloc byte[5];
        Assert.True(found[0].TryGetText(chars, out int length) && found[0].TryGetUtf8Text(bytes, out int byteLength) && byteLength == 5);
        Assert.Equal("\u00C9t\u00E9", chars[..length].ToString());
        Assert.False(found[0].TryGetText(chars[..2], out length) || length != 0);
        Assert.False(found[0].TryGetUtf8Text(bytes[..4], out length) || length != 0);
        Assert.Equal(("\u00C9t\u00E9", found[0]), (found[0].ToString(), found[0]));
        Assert.True(found[0] != default && found[0].GetHashCode() == found[0].GetHashCode());
        Assert.Equal(("", 0, 0L, 0L, 0), (default(Completion).Text, default(Completion).Score, default(Completion).Int64Score, default(Completion).Payload, default(Completion).Edits));
        Assert.True(default(Completion).TryGetText([], out _) && default(Completion).TryGetUtf8Text([], out _));
    }

    [Fact]
    public void Queries_allocate_nothing()
    {
        var random = new Random(1);
        var builder = new AutocompleteBuilder();
        for (int i = 0; i < 5_000; i++)
        {
            builder.Add(RandomTerms.Term(random) + i, random.Next(1_000), i % 7);
        }

        AutocompleteIndex index = builder.Build();
        var ten = new Completion[10];
        var hundred = new Completion[100];
        char[] text = new char[100];
        Allocation.AssertNone(() => index.Complete("a", ten));
        Allocation.AssertNone(() => index.Complete("\u00E9a", ten));
        Allocation.AssertNone(() => index.Complete("a", hundred));
        Allocation.AssertNone(() => index.Complete("abba", ten, new AutocompleteQuery { MaxEdits = 2 }));
        Allocation.AssertNone(() => index.Complete("a", ten, default, new Subject.PayloadAtLeast(6), out _));
        Allocation.AssertNone(() => index.Complete("a", ten, new AutocompleteQuery { Recency = new RecencyBlend(1, TimeSpan.FromDays(1), default) }));
        Allocation.AssertNone(() => index.TryGet("a0", out _));
        Allocation.AssertNone(() => ten[0].TryGetText(text, out _));
        Allocation.AssertNone(() => index.Complete(text.AsSpan(0, 90), ten)); // NULs
    }

    [Fact]
    public void Options_queries_and_scores_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { CachedResults = 0 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { CachedResults = 65 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { BucketSize = 0 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { BucketSize = 257 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { CompactAfter = -1 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { Folding = (TextFolding)3 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { Scores = (AutocompleteScores)2 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { Duplicates = (DuplicateTerms)4 }));
        Assert.Throws<ArgumentException>("options", () => new AutocompleteBuilder(new AutocompleteOptions { HalfLife = TimeSpan.FromMilliseconds(999) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AutocompleteQuery { MaxEdits = 3 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AutocompleteQuery { MaxEdits = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AutocompleteQuery { FixedCharacters = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AutocompleteQuery { VisitBudget = -1 });
        Assert.Throws<ArgumentOutOfRangeException>("weight", () => new RecencyBlend(-1, TimeSpan.FromDays(1), default));
        Assert.Throws<ArgumentOutOfRangeException>("weight", () => new RecencyBlend(double.NaN, TimeSpan.FromDays(1), default));
        Assert.Throws<ArgumentOutOfRangeException>("halfLife", () => new RecencyBlend(1, TimeSpan.Zero, default));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => Subject.Build(("a", 1)).Complete("a", 0));

        var doubles = new AutocompleteBuilder(new AutocompleteOptions { Scores = AutocompleteScores.Double });
        Assert.Throws<ArgumentOutOfRangeException>("score", () => doubles.Add("a", double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>("score", () => doubles.Add("a", double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>("score", () => doubles.Add("a", (1L << 53) + 1));
        Assert.Throws<ArgumentOutOfRangeException>("score", () => doubles.Add("a", long.MaxValue));
        Assert.Throws<InvalidOperationException>(() => new AutocompleteBuilder().Add("a", 1.5));
        var decaying = new AutocompleteBuilder(new AutocompleteOptions { HalfLife = TimeSpan.FromHours(1) });
        Assert.Throws<ArgumentOutOfRangeException>("score", () => decaying.Add("a", -1));
    }

    [Fact]
    public void Suggested_edits_grow_with_the_prefix()
    {
        Assert.Equal([0, 0, 1, 1, 2], new[] { "", "ab", "abc", "abcdefg", "abcdefgh" }.Select(prefix => AutocompleteQuery.SuggestEdits(prefix)));
    }

    [Fact]
    public void What_was_used_lately_rises_and_the_score_stays_as_it_is()
    {
        DateTimeOffset now = new(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);
        var builder = new AutocompleteBuilder();
        builder.Add("popular", 150, RecencyBlend.ToPayload(now.AddYears(-1)));
        builder.Add("pop star", 100, RecencyBlend.ToPayload(now));
        builder.Add("pope", 100, RecencyBlend.ToPayload(now.AddDays(-7)));
        AutocompleteIndex index = builder.Build();
        var blend = new RecencyBlend(weight: 1, halfLife: TimeSpan.FromDays(7), now);
        var found = new Completion[3];
        Assert.Equal(3, index.Complete("po", found, new AutocompleteQuery { Recency = blend }));
        Assert.Equal(["pop star", "popular", "pope"], found.Select(completion => completion.Text)); // 200, 150 and 150
        Assert.Equal([100, 150, 100], found.Select(completion => completion.Int64Score));
        Assert.Equal(blend, new RecencyBlend(1, TimeSpan.FromDays(7), now));
        Assert.NotEqual(blend, new RecencyBlend(2, TimeSpan.FromDays(7), now));
    }
}
