namespace Primitives.Tests;

/// <summary>What the tests of indexes share.</summary>
internal static class Subject
{
    public static AutocompleteIndex Build(AutocompleteOptions options, NaiveAutocomplete model, TimeProvider? clock = null)
    {
        var builder = new AutocompleteBuilder(options, clock);
        foreach ((string text, (long score, long payload)) in model.Terms)
        {
            builder.Add(text, score, payload);
        }

        return builder.Build();
    }

    public static AutocompleteIndex Build(params (string Text, long Score)[] terms)
    {
        var builder = new AutocompleteBuilder();
        foreach ((string text, long score) in terms)
        {
            builder.Add(text, score);
        }

        return builder.Build();
    }

    public static NaiveAutocomplete.Found[] Found(ReadOnlySpan<Completion> completions)
    {
        var found = new NaiveAutocomplete.Found[completions.Length];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = new(completions[i].Text, completions[i].Int64Score, completions[i].Payload, completions[i].Edits);
        }

        return found;
    }

    public static NaiveAutocomplete.Found[] Complete(this AutocompleteIndex index, string prefix, int count, in AutocompleteQuery query, int _)
    {
        var completions = new Completion[count];
        return Found(completions.AsSpan(0, index.Complete(prefix, completions, query)));
    }

    /// <summary>Compacts, on whatever thread the test is.</summary>
    public static void Compact(this LiveAutocompleteIndex live) => live.CompactAsync().GetAwaiter().GetResult();

    /// <summary>Terms of random texts, with few different scores, so that there are many ties.</summary>
    public static NaiveAutocomplete Model(Random random, AutocompleteOptions options, int most = 60)
    {
        var model = new NaiveAutocomplete(options.Folding, options.MatchWordStarts);
        for (int i = random.Next(most); i > 0; i--)
        {
            model.Terms[RandomTerms.Term(random)] = (random.Next(-2, 8), random.Next(6));
        }

        return model;
    }

    public readonly struct PayloadAtLeast(long least) : ICompletionFilter
    {
        public bool Accepts(in Completion candidate) => candidate.Payload >= least;
    }
}
