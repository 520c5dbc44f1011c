using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The frozen index against brute force.</summary>
public class AutocompleteIndexModelTests
{
    [Fact]
    public void Completions_are_those_of_brute_force_with_ties_in_ordinal_order() => Check((random, index, model, prefix) =>
    {
        int count = random.Next(1, 12);
        var completions = new Completion[count];
        int found = index.Complete(prefix, completions);
        Assert.Equal(model.Complete(prefix, count), Subject.Found(completions.AsSpan(0, found)));
    });

    [Fact]
    public void Results_for_k_are_a_prefix_of_those_for_more() => Check((random, index, model, prefix) =>
    {
        var query = new AutocompleteQuery { MaxEdits = random.Next(3) };
        var all = new Completion[model.Terms.Count + 1];
        int total = index.Complete(prefix, all, query);
        for (int count = 0; count <= total; count++)
        {
            var some = new Completion[count];
            Assert.Equal(count, index.Complete(prefix, some, query));
            Assert.Equal(all[..count], some);
        }
    });

    [Fact]
    public void Edits_are_the_optimal_string_alignment_distance_and_fewer_come_first() => Check((random, index, model, prefix) =>
    {
        int count = random.Next(1, 20);
        var query = new AutocompleteQuery { MaxEdits = random.Next(1, 3), FixedCharacters = random.Next(3) / 2 * random.Next(4) };
        Assert.Equal(model.Complete(prefix, count, query.MaxEdits, query.FixedCharacters), index.Complete(prefix, count, query, 0));
    });

    [Fact]
    public void A_filter_and_a_blend_give_the_best_of_what_is_accepted() => Check((random, index, model, prefix) =>
    {
        int count = random.Next(1, 12);
        var blend = new RecencyBlend(random.Next(4), TimeSpan.FromMilliseconds(random.Next(1, 4)), DateTimeOffset.FromUnixTimeMilliseconds(5));
        int edits = random.Next(3);
        long least = random.Next(6);
        var query = new AutocompleteQuery { MaxEdits = edits, Recency = blend };
        var completions = new Completion[count];
        int found = index.Complete(prefix, completions, query, new Subject.PayloadAtLeast(least), out bool isComplete);
        Assert.True(isComplete);
        Assert.Equal(
            model.Complete(prefix, count, edits, 0, payload => payload >= least, (score, payload) => Lift(score, blend, payload)),
            Subject.Found(completions.AsSpan(0, found)));
    });

    [Fact]
    public void A_budget_ends_a_search_early_and_says_so() => Check((random, index, model, prefix) =>
    {
        int count = random.Next(1, 12);
        long least = random.Next(6);
        int budget = random.Next(1, 60);
        var completions = new Completion[count];
        int found = index.Complete(
            prefix, completions, new AutocompleteQuery { VisitBudget = budget }, new Subject.PayloadAtLeast(least), out bool isComplete);
        NaiveAutocomplete.Found[] right = model.Complete(prefix, count, accepts: payload => payload >= least);
        if (isComplete)
        {
            Assert.Equal(right, Subject.Found(completions.AsSpan(0, found)));
        }
        else
        {
            Assert.True(found <= right.Length);
            Assert.All(completions[..found], completion => Assert.True(completion.Payload >= least));
        }
    });

    [Fact]
    public void Every_term_is_found_by_its_exact_text_and_no_other() => Check((random, index, model, prefix) =>
    {
        Assert.Equal(model.Terms.Count, index.Count);
        foreach ((string text, (long score, long payload)) in model.Terms)
        {
            Assert.True(index.TryGet(text, out Completion completion));
            Assert.Equal((text, score, payload, 0), (completion.Text, completion.Int64Score, completion.Payload, completion.Edits));
        }

        Assert.Equal(model.Terms.ContainsKey(prefix), index.TryGet(prefix, out _));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Larger_indexes_agree_too(int edits)
    {
        var random = new Random(edits);
        var options = new AutocompleteOptions { MatchWordStarts = edits == 1 };
        var model = new NaiveAutocomplete(options.Folding, options.MatchWordStarts);
        for (int i = 0; i < 3_000; i++)
        {
            model.Terms[RandomTerms.Term(random)] = (random.Next(1_000), 0);
        }

        AutocompleteIndex index = Subject.Build(options, model);
        string[] terms = [.. model.Terms.Keys];
        for (int i = 0; i < 40; i++)
        {
            string prefix = RandomTerms.Prefix(random, terms);
            int count = i % 2 == 0 ? 10 : 100;
            Assert.Equal(model.Complete(prefix, count, edits), index.Complete(prefix, count, new AutocompleteQuery { MaxEdits = edits }, 0));
        }
    }

    private static double Lift(long score, RecencyBlend blend, long payload)
    {
        double factor = 1 + (blend.Weight * Math.Pow(2, -Math.Max(0, 5.0 - payload) / blend.HalfLife.TotalMilliseconds));
        return score < 0 ? score / factor : score * factor;
    }

    private static void Check(Action<Random, AutocompleteIndex, NaiveAutocomplete, string> property) =>
        PropertyTest.Check(
            RandomTerms.Seeds,
            seed =>
            {
                var random = new Random(seed);
                AutocompleteOptions options = RandomTerms.Options(random);
                NaiveAutocomplete model = Subject.Model(random, options);
                AutocompleteIndex index = Subject.Build(options, model);
                string[] terms = [.. model.Terms.Keys];
                for (int i = 0; i < 10; i++)
                {
                    property(random, index, model, RandomTerms.Prefix(random, terms));
                }
            },
            count: 200);
}
