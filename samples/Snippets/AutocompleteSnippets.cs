using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

public static class AutocompleteSnippets
{
    public static void Complete()
    {
        #region complete
        var builder = new AutocompleteBuilder();
        builder.Add("Éléonore", 120, payload: 17);        // a score, and any number you like
        builder.Add("elephant", 900);
        builder.Add("element", 700);
        AutocompleteIndex index = builder.Build();        // immutable, for any number of threads

        string[] best = index.Complete("ele", 10);        // elephant, element, Éléonore
        string[] typo = index.Complete("elehpant", 10, new AutocompleteQuery { MaxEdits = 1 });
        #endregion

        Check.That(best is ["elephant", "element", "Éléonore"], "best");
        Check.That(typo is ["elephant"], "typo");
    }

    public static void Span()
    {
        var builder = new AutocompleteBuilder();
        builder.Add("elephant", 900, payload: 17);
        AutocompleteIndex index = builder.Build();

        #region span
        var completions = new Completion[10];             // kept by the caller: no allocation per query
        int count = index.Complete("ele", completions);
        foreach (ref readonly Completion found in completions.AsSpan(0, count))
        {
            Console.WriteLine($"{found.Text}: {found.Int64Score}, payload {found.Payload}");
        }
        #endregion

        Check.That(count == 1 && completions[0].Payload == 17, "span");
    }

    public static async Task Live()
    {
        #region live
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { HalfLife = TimeSpan.FromDays(7) });
        live.Increment("world war", 100);                 // worth 50 in a week, 25 in two
        live.Increment("world cup");
        live.Apply([AutocompleteUpdate.Increment("world cup", 250.0), AutocompleteUpdate.Remove("world war")]);

        string[] trending = live.Complete("wor", 10);     // no lock, and the batch is seen whole or not at all
        await live.CompactAsync();                        // or by itself, in the background
        #endregion

        Check.That(trending is ["world cup"], "live");
    }

    #region filter
    /// <summary>Lets a user see the terms of the groups that the bits of the payload name.</summary>
    public readonly struct VisibleTo(long groups) : ICompletionFilter
    {
        public bool Accepts(in Completion candidate) => (candidate.Payload & groups) != 0;
    }
    #endregion

    public static void Filter()
    {
        var builder = new AutocompleteBuilder();
        builder.Add("salaries", 900, payload: 0b01);
        builder.Add("sales", 100, payload: 0b10);
        AutocompleteIndex index = builder.Build();

        #region filtered
        var completions = new Completion[10];
        int count = index.Complete("sal", completions, default, new VisibleTo(groups: 0b10), out bool isComplete);
        #endregion

        Check.That(count == 1 && isComplete && completions[0].Text == "sales", "filtered");
    }

    public static void Recency()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        #region recency
        var builder = new AutocompleteBuilder();
        builder.Add("popular", 150, RecencyBlend.ToPayload(now.AddYears(-1)));
        builder.Add("pop star", 100, RecencyBlend.ToPayload(now));

        // What was used right now counts double, a week ago one and a half times.
        var query = new AutocompleteQuery { Recency = new RecencyBlend(weight: 1, halfLife: TimeSpan.FromDays(7), now) };
        string[] best = builder.Build().Complete("pop", 10, query); // pop star, popular
        #endregion

        Check.That(best is ["pop star", "popular"], "recency");
    }

    public static void TwoPhases()
    {
        string folder = Directory.CreateTempSubdirectory("primitives-").FullName;
        try
        {
            #region two-phases
            // Offline, every 15 minutes: build from the logs, write, rename.
            var builder = new AutocompleteBuilder();
            builder.Add("world cup", 1_000);
            string file = Path.Combine(folder, "queries.bin");
            using (FileStream stream = File.Create(file + ".new"))
            {
                builder.Build().WriteTo(stream);
            }

            File.Move(file + ".new", file, overwrite: true);

            // Online: map what was written and swap it in, while queries go on. Restart or not, this is all there is.
            var served = new LiveAutocompleteIndex();
            served.ReplaceAll(AutocompleteIndex.Map(file));
            string[] best = served.Complete("wor", 10);

            // Between two builds, what must not wait: a term taken down, a headline.
            served.Remove("world cup");
            served.Set("world cup final", 5_000);
            #endregion

            Check.That(best is ["world cup"] && served.Complete("wor", 10) is ["world cup final"], "two phases");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static void DependencyInjection()
    {
        #region dependency-injection
        using ServiceProvider provider = new ServiceCollection()
            .AddAutocomplete("queries", options =>
            {
                options.HalfLife = TimeSpan.FromDays(7);
                options.MatchWordStarts = true;
            })
            .BuildServiceProvider();

        // In a constructor: [FromKeyedServices("queries")] LiveAutocompleteIndex queries
        LiveAutocompleteIndex queries = provider.GetRequiredKeyedService<LiveAutocompleteIndex>("queries");
        #endregion

        queries.Set("world cup", 1);
        Check.That(queries.Complete("cup", 1) is ["world cup"], "dependency injection");
    }
}
