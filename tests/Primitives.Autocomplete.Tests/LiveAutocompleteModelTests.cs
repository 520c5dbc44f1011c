using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The live index against a dictionary, a frozen index built from it, and brute force.</summary>
public class LiveAutocompleteModelTests
{
    [Fact]
    public void After_any_operations_it_answers_as_a_frozen_index_of_the_same_terms() =>
        PropertyTest.Check(
            RandomTerms.Seeds,
            seed =>
            {
                var random = new Random(seed);
                AutocompleteOptions options = RandomTerms.Options(random);
                options.CompactAfter = int.MaxValue;
                NaiveAutocomplete model = Subject.Model(random, options, most: 30);
                var live = new LiveAutocompleteIndex(options, Subject.Build(options, model));
                List<string> texts = [.. model.Terms.Keys];
                for (int step = random.Next(60); step > 0; step--)
                {
                    Change(random, live, model, texts);
                    if (step % 8 == 0)
                    {
                        Compare(random, live, model, texts, options);
                    }
                }

                Compare(random, live, model, texts, options);
                Assert.Equal(Subject.Build(options, model).ToBytes(), live.ToIndex().ToBytes());
            },
            count: 200);

    [Fact]
    public void A_batch_is_its_changes_in_order_and_one_that_fails_changes_nothing() =>
        PropertyTest.Check(RandomTerms.Seeds, seed =>
        {
            var random = new Random(seed);
            AutocompleteOptions options = RandomTerms.Options(random);
            NaiveAutocomplete model = Subject.Model(random, options, most: 20);
            AutocompleteIndex initial = Subject.Build(options, model);
            var one = new LiveAutocompleteIndex(options, initial);
            var batch = new LiveAutocompleteIndex(options, initial);
            string[] terms = [.. model.Terms.Keys, "x", "y"];
            for (int round = 0; round < 3; round++)
            {
                var updates = new AutocompleteUpdate[random.Next(12)];
                for (int i = 0; i < updates.Length; i++)
                {
                    string term = terms[random.Next(terms.Length)];
                    long score = random.Next(100);
                    updates[i] = random.Next(3) switch
                    {
                        0 => AutocompleteUpdate.Set(term, score, score),
                        1 => AutocompleteUpdate.Increment(term, score),
                        _ => AutocompleteUpdate.Remove(term),
                    };
                }

                byte[] before = batch.ToIndex().ToBytes();
                AutocompleteUpdate[] failing = [.. updates, AutocompleteUpdate.Set("z", long.MaxValue), AutocompleteUpdate.Increment("z")];
                Assert.Throws<OverflowException>(() => batch.Apply(failing));
                Assert.Equal(before, batch.ToIndex().ToBytes());
                Assert.Throws<ArgumentException>(() => batch.Apply([.. updates, default]));
                Assert.Equal(before, batch.ToIndex().ToBytes());

                batch.Apply(updates);
                foreach (AutocompleteUpdate update in updates)
                {
                    one.Apply([update]);
                }

                Assert.Equal(one.ToIndex().ToBytes(), batch.ToIndex().ToBytes());
                Assert.Equal(one.Complete("", 100), batch.Complete("", 100));
            }
        });

    private static void Change(Random random, LiveAutocompleteIndex live, NaiveAutocomplete model, List<string> texts)
    {
        string text = texts.Count == 0 || random.Next(3) == 0 ? RandomTerms.Term(random) : texts[random.Next(texts.Count)];
        texts.Add(text);
        long score = random.Next(-2, 8);
        long payload = random.Next(6);
        switch (random.Next(12))
        {
            case < 4:
                live.Set(text, score, payload);
                model.Terms[text] = (score, payload);
                break;
            case < 6:
                live.Increment(text, score);
                model.Terms[text] = (Old().Score + score, Old().Payload);
                break;
            case < 8:
                live.Increment(text, score, payload);
                model.Terms[text] = (Old().Score + score, payload);
                break;
            case < 11:
                Assert.Equal(model.Terms.Remove(text), live.Remove(text));
                break;
            default:
                live.Compact();
                Assert.Equal(0, live.Statistics.ChangedTerms);
                break;
        }

        (long Score, long Payload) Old() => model.Terms.GetValueOrDefault(text);
    }

    private static void Compare(Random random, LiveAutocompleteIndex live, NaiveAutocomplete model, List<string> texts, AutocompleteOptions options)
    {
        Assert.Equal(model.Terms.Count, live.Count);
        AutocompleteIndex frozen = Subject.Build(options, model);
        string prefix = RandomTerms.Prefix(random, texts);
        int count = random.Next(1, 15);
        var completions = new Completion[count];
        Assert.Equal(model.Complete(prefix, count), Subject.Found(completions.AsSpan(0, live.Complete(prefix, completions))));

        var query = new AutocompleteQuery { MaxEdits = random.Next(3), FixedCharacters = random.Next(2) };
        Assert.Equal(frozen.Complete(prefix, count, query, 0), Subject.Found(completions.AsSpan(0, live.Complete(prefix, completions, query))));
        Assert.Equal(frozen.Complete(prefix, count, query), live.Complete(prefix, count, query));

        var filter = new Subject.PayloadAtLeast(random.Next(6));
        var blend = new RecencyBlend(random.Next(3), TimeSpan.FromMilliseconds(2), DateTimeOffset.FromUnixTimeMilliseconds(5));
        query = query with { Recency = blend };
        var expected = new Completion[count];
        int found = frozen.Complete(prefix, expected, query, filter, out _);
        Assert.Equal(
            Subject.Found(expected.AsSpan(0, found)),
            Subject.Found(completions.AsSpan(0, live.Complete(prefix, completions, query, filter, out bool isComplete))));
        Assert.True(isComplete);

        foreach (string text in texts)
        {
            Assert.Equal(model.Terms.TryGetValue(text, out (long Score, long Payload) value), live.TryGet(text, out Completion completion));
            Assert.Equal(value, (completion.Int64Score, completion.Payload));
        }
    }
}
