using Primitives.Testing;

namespace Primitives.Tests;

public class LiveAutocompleteIndexTests
{
    [Fact]
    public void A_new_term_appears_and_a_removed_one_is_gone()
    {
        var live = new LiveAutocompleteIndex(initial: Subject.Build(("prime", 5), ("primer", 3)));
        live.Set("prim", 4);
        Assert.Equal(["prime", "prim", "primer"], live.Complete("pr", 5));
        Assert.True(live.Remove("prime"));
        Assert.False(live.Remove("prime"));
        Assert.Equal(["prim", "primer"], live.Complete("pr", 5));
        live.Increment("prime", 9);
        Assert.Equal(["prime", "prim", "primer"], live.Complete("pr", 5));
        Assert.Equal(3, live.Count);
    }

    /// <summary>PruningRadixTrie can add to a score and never lower it.</summary>
    [Fact]
    public void A_score_that_falls_makes_room_for_terms_that_were_on_no_list()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CachedResults = 2, BucketSize = 1 });
        for (int i = 0; i < 20; i++)
        {
            live.Set($"term {i:00}", i);
        }

        for (int i = 19; i >= 10; i--)
        {
            live.Increment($"term {i:00}", -100);
        }

        Assert.Equal(["term 09", "term 08"], live.Complete("te", 2));
    }

    [Fact]
    public void A_completion_stays_what_it_was_when_found()
    {
        var live = new LiveAutocompleteIndex(initial: Subject.Build(("prime", 5)));
        live.Set("prim", 4, payload: 7);
        var found = new Completion[2];
        Assert.Equal(2, live.Complete("pr", found));
        live.Set("prime", 50);
        live.Remove("prim");
        live.Compact();
        live.ReplaceAll(Subject.Build(("other", 1)));
        Assert.Equal(("prime", 5L, 0L), (found[0].Text, found[0].Int64Score, found[0].Payload));
        Assert.Equal(("prim", 4L, 7L), (found[1].Text, found[1].Int64Score, found[1].Payload));
        Span<char> text = stackalloc char[4];
        Assert.True(found[1].TryGetText(text, out int length) && length == 4);
        Span<byte> utf8 = stackalloc byte[4];
        Assert.True(found[1].TryGetUtf8Text(utf8, out length) && length == 4);
        Assert.False(found[1].TryGetUtf8Text(utf8[1..], out length) || length != 0);
    }

    [Fact]
    public void Replacing_all_drops_the_changes_and_takes_other_settings_over()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { Folding = TextFolding.None });
        live.Set("Old", 1);
        live.ReplaceAll(Subject.Build(("New", 3), ("new", 2)));
        Assert.Equal((2, 0), (live.Count, live.Statistics.ChangedTerms));
        Assert.Equal(["New"], live.Complete("N", 5));
        Assert.Empty(live.Complete("Old", 5));

        var doubles = new LiveAutocompleteIndex(new AutocompleteOptions { Scores = AutocompleteScores.Double }, Subject.Build(("a", 3)));
        doubles.Increment("a", 0.5);
        Assert.True(doubles.TryGet("a", out Completion a));
        Assert.Equal(3.5, a.Score);
        Assert.Throws<InvalidOperationException>(() => live.ReplaceAll(doubles.ToIndex()));
        Assert.Equal(2, live.Count);
    }

    [Fact]
    public async Task Going_back_to_the_index_a_compaction_began_with_is_not_undone_by_it()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CompactAfter = int.MaxValue });
        for (int round = 0; round < 50; round++)
        {
            AutocompleteIndex before = live.ToIndex();
            live.ReplaceAll(before);
            live.Set("dropped", round);
            Task compaction = live.CompactAsync();
            live.ReplaceAll(before);
            await compaction;
            Assert.Equal(0, live.Count);
        }
    }

    [Fact]
    public void Terms_that_nest_as_deep_as_terms_can_be_long_work()
    {
        const int Depth = 2_048;
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CompactAfter = int.MaxValue, CachedResults = 1, BucketSize = 1 });
        string longest = new('a', Depth);
        for (int length = 1; length <= Depth; length++)
        {
            live.Set(longest.AsSpan(0, length), length);
        }

        for (int round = 0; round < 2; round++)
        {
            string[] all = live.Complete("", Depth + 1);
            Assert.Equal(Depth, all.Length);
            Assert.Equal(longest, all[0]);
            Assert.Equal("a", all[^1]);
            Assert.Equal(longest, live.Complete(longest.AsSpan(0, 60), 1, new AutocompleteQuery { MaxEdits = 2 }).Single());
            live.Compact();
        }
    }

    [Fact]
    public void Scores_halve_with_the_half_life_and_trends_overtake()
    {
        var clock = new ManualTimeProvider();
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { HalfLife = TimeSpan.FromDays(7) }, timeProvider: clock);
        live.Increment("world war", 1_000);
        Assert.Equal(1_000, Score(live, "world war"), 1e-3);
        clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal(500, Score(live, "world war"), 1e-3);
        clock.Advance(TimeSpan.FromDays(21));
        live.Increment("world cup", 40);
        Assert.Equal(["world war", "world cup"], live.Complete("wor", 2)); // 62.5 and 40
        live.Increment("world cup", 25);
        Assert.Equal(["world cup", "world war"], live.Complete("wor", 2));
        Assert.Equal(65, Score(live, "world cup"), 1e-3);
        live.Increment("world cup", -60);
        Assert.Equal(5, Score(live, "world cup"), 1e-3);
        Assert.Throws<ArgumentOutOfRangeException>(() => live.Increment("world cup", -6));
        Assert.Throws<ArgumentOutOfRangeException>(() => live.Set("world cup", -1.0));
        live.Set("nothing", 0);
        Assert.Equal(0, Score(live, "nothing"));
        live.Increment("nothing", 2.5);
        Assert.Equal(2.5, Score(live, "nothing"), 1e-3);
    }

    [Fact]
    public void Decay_is_the_sum_of_what_each_increment_is_still_worth() =>
        PropertyTest.Check(RandomTerms.Seeds, seed =>
        {
            var random = new Random(seed);
            var clock = new ManualTimeProvider();
            TimeSpan halfLife = TimeSpan.FromSeconds(random.Next(1, 100_000));
            var live = new LiveAutocompleteIndex(new AutocompleteOptions { HalfLife = halfLife }, timeProvider: clock);
            List<(TimeSpan At, double Score, string Term)> added = [];
            TimeSpan now = TimeSpan.Zero;
            for (int i = 0; i < 30; i++)
            {
                TimeSpan step = halfLife * random.NextDouble();
                clock.Advance(step);
                now += step;
                added.Add((now, random.NextDouble() * 100, $"t{random.Next(4)}"));
                live.Increment(added[^1].Term, added[^1].Score);
                if (i == 15)
                {
                    // Saved and loaded, scores go on from where they were.
                    live = new LiveAutocompleteIndex(null, AutocompleteIndex.FromBytes(live.ToIndex().ToBytes()), clock);
                }
            }

            var expected = added.GroupBy(item => item.Term)
                .Select(group => (Term: group.Key, Score: group.Sum(item => item.Score * Math.Pow(2, -((now - item.At) / halfLife)))))
                .OrderByDescending(item => item.Score)
                .ToArray();
            Assert.Equal(expected.Select(item => item.Term), live.Complete("t", 9));
            Assert.All(expected, item => Assert.InRange(Score(live, item.Term) / item.Score, 1 - 1e-6, 1 + 1e-6));
        });

    [Fact]
    public void Half_lives_without_end_neither_overflow_nor_change_the_order()
    {
        var clock = new ManualTimeProvider();
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { HalfLife = TimeSpan.FromSeconds(1) }, timeProvider: clock);
        live.Set("a1", 1.0);
        live.Set("a2", 2.0);
        clock.Advance(TimeSpan.FromDays(3650));
        Assert.Equal(["a2", "a1"], live.Complete("a", 5));
        Assert.Equal(0, Score(live, "a2"));
        live.Increment("a1", 1);
        Assert.Equal(1, Score(live, "a1"), 1e-3);
        live.Compact();
        Assert.Equal(["a1", "a2"], live.Complete("a", 5));
    }

    [Fact]
    public async Task It_compacts_itself_at_the_threshold()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CompactAfter = 100 });
        for (int i = 0; i < 1_000; i++)
        {
            live.Set($"t{i}", i);
        }

        await live.CompactAsync();
        AutocompleteStatistics statistics = live.Statistics;
        Assert.Equal((1_000, 0), (statistics.Terms, statistics.ChangedTerms));
        Assert.True(statistics.Compactions >= 2, $"{statistics.Compactions} compactions");
        Assert.Equal(["t999", "t998"], live.Complete("t", 2));
    }

    [Fact]
    public async Task Waiting_for_a_compaction_can_be_cancelled()
    {
        var live = new LiveAutocompleteIndex();
        live.Set("a", 1);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => live.CompactAsync(cancelled.Token));
        await live.CompactAsync();
        Assert.Equal(0, live.Statistics.ChangedTerms);
    }

    [Fact]
    public void Queries_are_counted_and_allocate_nothing()
    {
        var builder = new AutocompleteBuilder();
        var random = new Random(3);
        for (int i = 0; i < 2_000; i++)
        {
            builder.Add(RandomTerms.Term(random) + i, random.Next(1_000), i % 5);
        }

        var live = new LiveAutocompleteIndex(initial: builder.Build());
        var ten = new Completion[10];
        live.Complete("a", ten);
        Assert.Equal(1, live.Statistics.Queries);
        Allocation.AssertNone(() => live.Complete("a", ten));
        for (int i = 0; i < 500; i++)
        {
            live.Increment(RandomTerms.Term(random), 500);
        }

        Allocation.AssertNone(() => live.Complete("a", ten));
        Allocation.AssertNone(() => live.Complete("ab", ten, new AutocompleteQuery { MaxEdits = 2 }));
        Allocation.AssertNone(() => live.Complete("a", ten, default, new Subject.PayloadAtLeast(4), out _));
        Allocation.AssertNone(() => live.TryGet("a0", out _));
        Allocation.AssertNone(() => _ = ten[0].Score);
    }

    [Fact]
    public void Bad_input_is_refused_and_changes_nothing()
    {
        var live = new LiveAutocompleteIndex();
        Assert.Throws<ArgumentException>("options", () => new LiveAutocompleteIndex(new AutocompleteOptions { BucketSize = 0 }));
        Assert.Throws<ArgumentException>("term", () => live.Set("", 1));
        Assert.Throws<ArgumentException>("term", () => live.Increment("\uD800"));
        Assert.Throws<ArgumentException>("term", () => live.Remove(new string('x', 2_049)));
        Assert.Throws<InvalidOperationException>(() => live.Set("a", 1.5));
        Assert.Throws<InvalidOperationException>(() => live.Increment("a", 0.5));
        Assert.Throws<ArgumentNullException>("index", () => live.ReplaceAll(null!));
        Assert.Throws<ArgumentNullException>("term", () => AutocompleteUpdate.Remove(null!));
        Assert.Throws<ArgumentNullException>("term", () => AutocompleteUpdate.Set(null!, 1));
        live.Apply([]);
        live.Set("a", long.MaxValue);
        Assert.Throws<OverflowException>(() => live.Increment("a"));
        Assert.True(live.TryGet("a", out Completion a) && a.Int64Score == long.MaxValue);
        Assert.False(live.TryGet("\uD800", out _));
    }

    [Fact]
    public void The_lowest_integer_can_be_added_to_a_floating_point_score()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { Scores = AutocompleteScores.Double });
        live.Set("a", 0.0);
        live.Increment("a", long.MinValue);
        Assert.Equal(-9223372036854775808.0, Score(live, "a"));
        Assert.Throws<ArgumentOutOfRangeException>("delta", () => live.Increment("a", long.MaxValue));
        Assert.Equal(-9223372036854775808.0, Score(live, "a"));
    }

    private static double Score(LiveAutocompleteIndex live, string term)
    {
        Assert.True(live.TryGet(term, out Completion completion));
        return completion.Score;
    }
}
