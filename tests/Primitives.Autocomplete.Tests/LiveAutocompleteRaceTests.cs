using Primitives.Testing;

namespace Primitives.Tests;

public class LiveAutocompleteRaceTests
{
    private const int Accounts = 12;
    private const long Total = Accounts * 1_000;

    /// <summary>Each batch moves score from some term to another, or renames a term, so that every published state has the
    /// same number of terms and the same total. A reader that saw part of a batch would count another one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void Readers_racing_a_writer_and_compactions_see_published_states_only(int compactAfter)
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CachedResults = 3, BucketSize = 2, CompactAfter = compactAfter });
        var scores = new Dictionary<string, long>();
        for (int i = 0; i < Accounts; i++)
        {
            scores[$"acc {i}"] = 1_000;
            live.Set($"acc {i}", 1_000);
        }

        // Up to here there were states with fewer terms.
        bool done = false;
        long seen = 0;
        Race.Run(
            () =>
            {
                var random = new Random(1);
                for (int round = 0; round < 4_000; round++)
                {
                    string[] names = [.. scores.Keys];
                    string from = names[random.Next(names.Length)];
                    if (random.Next(3) == 0)
                    {
                        string renamed = $"acc {random.Next(1_000_000)}";
                        if (!scores.ContainsKey(renamed))
                        {
                            live.Apply([AutocompleteUpdate.Remove(from), AutocompleteUpdate.Set(renamed, scores[from])]);
                            scores[renamed] = scores[from];
                            scores.Remove(from);
                        }
                    }
                    else
                    {
                        string to = names[random.Next(names.Length)];
                        long amount = random.Next(100);
                        live.Apply([AutocompleteUpdate.Increment(from, -amount), AutocompleteUpdate.Increment(to, amount)]);
                        scores[from] -= amount;
                        scores[to] += amount;
                    }
                }

                Volatile.Write(ref done, true);
            },
            () => Read("acc", 0),
            () => Read("acx", 1),
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    live.Compact();
                }
            });

        Assert.True(seen > 0);
        live.Compact();
        var found = new Completion[Accounts + 1];
        Assert.Equal(Accounts, live.Complete("", found));
        Assert.All(found[..Accounts], completion => Assert.Equal(scores[completion.Text], completion.Int64Score));

        void Read(string prefix, int edits)
        {
            var completions = new Completion[Accounts + 4];
            do
            {
                int count = live.Complete(prefix, completions, new AutocompleteQuery { MaxEdits = edits });
                Assert.Equal(Accounts, count);
                long sum = 0;
                for (int i = 0; i < count; i++)
                {
                    sum += completions[i].Int64Score;
                    Assert.True(i == 0 || completions[i].Int64Score <= completions[i - 1].Int64Score);
                }

                Assert.Equal(Total, sum);
                Interlocked.Increment(ref seen);
            }
            while (!Volatile.Read(ref done));
        }
    }

    [Fact]
    public void No_increment_is_lost_between_threads_and_compactions()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CompactAfter = 50, MatchWordStarts = true });
        const int PerThread = 3_000;
        int running = 3;
        Race.Run(
            () => Increment(1),
            () => Increment(2),
            () => Increment(3),
            () =>
            {
                long last = 0;
                while (Volatile.Read(ref running) > 0)
                {
                    long now = live.TryGet("every one", out Completion completion) ? completion.Int64Score : 0;
                    Assert.True(now >= last, "A reader saw an older state after a newer one.");
                    last = now;
                }
            });
        live.Compact();
        Assert.True(live.TryGet("every one", out Completion every));
        Assert.Equal(3 * PerThread, every.Int64Score);
        var found = new Completion[1_001];
        int count = live.Complete("word", found);
        Assert.Equal(3 * PerThread, found[..count].Sum(completion => completion.Int64Score));
        Assert.True(live.Statistics.Compactions > 0);

        void Increment(int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < PerThread; i++)
            {
                live.Increment("every one");
                live.Increment($"a word {random.Next(1_000)}");
            }

            Interlocked.Decrement(ref running);
        }
    }

    [Fact]
    public void Replacing_all_during_compactions_is_never_undone()
    {
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CompactAfter = 10 });
        bool done = false;
        Race.Run(
            () =>
            {
                for (int generation = 1; generation <= 300; generation++)
                {
                    live.ReplaceAll(Subject.Build(("generation", generation)));
                    Assert.True(live.TryGet("generation", out Completion found));
                    Assert.True(found.Int64Score >= generation, "An older index came back.");
                }

                Volatile.Write(ref done, true);
            },
            () =>
            {
                for (int i = 0; !Volatile.Read(ref done); i++)
                {
                    live.Set($"other {i % 40}", i);
                }
            },
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    live.Compact();
                }
            });
        Assert.True(live.TryGet("generation", out Completion last) && last.Int64Score == 300);
    }

    [Fact]
    public void Queries_of_all_threads_are_counted()
    {
        var live = new LiveAutocompleteIndex();
        Race.Run(4, _ =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                live.Complete("a", []);
            }
        });
        Assert.Equal(40_000, live.Statistics.Queries);
    }
}
