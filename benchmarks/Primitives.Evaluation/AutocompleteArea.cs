using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;

namespace Primitives.Evaluation;

/// <summary>Completions against what one would otherwise write. The terms are the sample's 82,834 English words;
/// <c>--terms=FILE</c> takes others, <c>term TAB count</c> a line, perhaps compressed by gzip.</summary>
internal static class AutocompleteArea
{
    public static readonly Area Area = new("autocomplete", Accuracy, Speed);

    private const int Results = 10;
    private const int Prefixes = 4_096;
    private const int ManyTerms = 5_000_000;

    /// <summary>Gets or sets the list to use instead of the sample's.</summary>
    public static string? TermsFile { get; set; }

    private static void Accuracy(Scorecard card)
    {
        (string Text, long Score)[] terms = ReadTerms();
        AutocompleteIndex index = Build(terms);
        Memory(card, terms, index);
        Allocation(card, terms, index);

        (string Text, long Score)[] some = terms.Length > 100_000 ? terms[..100_000] : terms;
        card.AtMost("completions that differ from brute force, no edits", WrongCompletions(some, 200, 0), 0, "", $"{some.Length:#,0} terms, 200 prefixes");
        card.AtMost("completions that differ from brute force, 1 edit", WrongCompletions(some, 20, 1), 0, "", "20 prefixes of 4 to 8");
        card.AtMost("completions that differ from brute force, 2 edits", WrongCompletions(some, 20, 2), 0, "", "20 prefixes of 4 to 8");
        Million(card);
    }

    private static void Memory(Scorecard card, (string Text, long Score)[] terms, AutocompleteIndex index)
    {
        double ours = MemoryOf(terms, own => Build(own)) / terms.Length;
        double sorted = MemoryOf(terms, own => new SortedArrayRival(own)) / terms.Length;
        double trie = MemoryOf(terms, own => new PruningTrieRival(own)) / terms.Length;
        string note = string.Create(CultureInfo.InvariantCulture, $"{ours:0.0} B against {sorted:0.0} B, {terms.Length:#,0} terms");
        card.AtMost("bytes a term, against a sorted array of strings", ours / sorted, 0.5, "x", note);
        note = string.Create(CultureInfo.InvariantCulture, $"{ours:0.0} B against {trie:0.0} B");
        card.AtMost("bytes a term, against a pruning radix trie", ours / trie, 0.3, "x", note);
        GC.KeepAlive(index);
    }

    private static double MemoryOf(IEnumerable<(string Text, long Score)> terms, Func<(string, long)[], object> make)
    {
        // Strings of its own, so that those that it keeps count and those that it does not keep do not.
        (string, long)[] own = [.. terms.Select(term => (new string(term.Text.AsSpan()), term.Score))];
        long strings = own.Sum(term => (long)((22 + (2 * term.Item1.Length) + 7) & ~7));
        long before = GC.GetTotalMemory(forceFullCollection: true) - strings;
        object made = make(own);
        Array.Clear(own);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(made);
        GC.KeepAlive(own);
        return after - before;
    }

    private static void Allocation(Scorecard card, (string Text, long Score)[] terms, AutocompleteIndex index)
    {
        string[] prefixes = [.. Enumerable.Range(1, 8).SelectMany(length => Draw(terms, length).Take(64))];
        var buffer = new Completion[Results];
        card.AtMost("bytes allocated by a query", Allocated.BytesPerOperation(n => Run(index, prefixes, buffer, n)), 0, "B");
        var edits = new AutocompleteQuery { MaxEdits = 1 };
        card.AtMost("bytes allocated by a query with an edit", Allocated.BytesPerOperation(n => Run(index, prefixes, buffer, n, edits), 1_000), 0, "B");
        var live = new LiveAutocompleteIndex(initial: index);
        for (int i = 0; i < 1_000; i++)
        {
            live.Increment(terms[i * 7 % terms.Length].Text, i);
        }

        card.AtMost("bytes allocated by a query of a live index with changes", Allocated.BytesPerOperation(n => Run(live, prefixes, buffer, n)), 0, "B");
    }

    private static int WrongCompletions((string Text, long Score)[] terms, int prefixes, int edits)
    {
        AutocompleteIndex index = Build(terms, TextFolding.None); // as brute force compares
        var random = new Random(edits);
        int wrong = 0;
        var completions = new Completion[Results];
        for (int i = 0; i < prefixes; i++)
        {
            string term = terms[random.Next(terms.Length)].Text;
            string prefix = term[..Math.Min(term.Length, edits == 0 ? random.Next(9) : random.Next(4, 9))];
            for (int e = 0; e < edits && prefix.Length > 2; e++)
            {
                char[] letters = prefix.ToCharArray();
                letters[random.Next(letters.Length)] = (char)random.Next('a', 'z' + 1);
                prefix = new string(letters);
            }

            var right = terms
                .Select(candidate => (candidate.Text, candidate.Score, Distance: edits == 0
                    ? candidate.Text.StartsWith(prefix, StringComparison.Ordinal) ? 0 : 9
                    : PrefixDistance(prefix, candidate.Text, edits)))
                .Where(candidate => candidate.Distance <= edits)
                .OrderBy(candidate => candidate.Distance).ThenByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.Text, StringComparer.Ordinal)
                .Take(Results)
                .Select(candidate => (candidate.Text, candidate.Score, candidate.Distance));
            int count = index.Complete(prefix, completions, new AutocompleteQuery { MaxEdits = edits });
            wrong += right.SequenceEqual(completions.Take(count).Select(found => (found.Text, found.Int64Score, found.Edits))) ? 0 : 1;
        }

        return wrong;
    }

    private static int PrefixDistance(string pattern, string text, int edits)
    {
        // The distance can be met by no beginning longer than the pattern and the edits.
        int[,] d = new int[pattern.Length + 1, Math.Min(text.Length, pattern.Length + edits) + 1];
        int best = int.MaxValue;
        for (int j = 0; j < d.GetLength(1); j++)
        {
            for (int i = 0; i <= pattern.Length; i++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (pattern[i - 1] == text[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && pattern[i - 1] == text[j - 2] && pattern[i - 2] == text[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }

            best = Math.Min(best, d[pattern.Length, j]);
        }

        return best;
    }

    private static void Million(Scorecard card)
    {
        // Each term carries its own number, so that what was made can be made again to check, and need not be kept.
        var builder = new AutocompleteBuilder(new AutocompleteOptions { Duplicates = DuplicateTerms.Throw });
        string[] words = Words(30_000);
        for (int i = 0; i < ManyTerms; i++)
        {
            (string text, long score) = Phrase(words, i);
            builder.Add(text, score);
        }

        AutocompleteIndex index = builder.Build();
        card.AtMost("bytes a term of 5 million generated ones", (double)index.PersistedLength / index.Count, 35, "B", $"{index.Count:#,0} terms");
        var random = new Random(1);
        string[] prefixes = [.. Enumerable.Range(0, 24).Select(i => Phrase(words, random.Next(ManyTerms)).Text[..(1 + (i % 8))])];
        var best = prefixes.Select(_ => new SortedSet<(long Score, string Text)>(Comparer<(long Score, string Text)>.Create((x, y) =>
            x.Score != y.Score ? y.Score.CompareTo(x.Score) : string.CompareOrdinal(x.Text, y.Text)))).ToArray();
        for (int i = 0; i < ManyTerms; i++)
        {
            (string text, long score) = Phrase(words, i);
            for (int p = 0; p < prefixes.Length; p++)
            {
                if (text.StartsWith(prefixes[p], StringComparison.Ordinal) && (best[p].Count < Results || score >= best[p].Max.Score))
                {
                    best[p].Add((score, text));
                    if (best[p].Count > Results)
                    {
                        best[p].Remove(best[p].Max);
                    }
                }
            }
        }

        var found = new Completion[Results];
        int wrong = 0;
        for (int p = 0; p < prefixes.Length; p++)
        {
            int count = index.Complete(prefixes[p], found);
            wrong += best[p].SequenceEqual(found.Take(count).Select(completion => (completion.Int64Score, completion.Text))) ? 0 : 1;
        }

        card.AtMost("the same: completions that differ from brute force", wrong, 0, "", $"{prefixes.Length} prefixes");
    }

    // Pseudo-words of consonants and vowels, the first letters as unevenly spread as in a language.
    private static string[] Words(int count)
    {
        var random = new Random(7);
        var words = new HashSet<string>();
        while (words.Count < count)
        {
            int syllables = 1 + random.Next(3);
            words.Add(string.Concat(Enumerable.Range(0, syllables).Select(_ =>
                $"{"stcpmdrbfhlgnwvjkqyz"[(int)(20 * Math.Pow(random.NextDouble(), 2))]}{"eaiou"[(int)(5 * Math.Pow(random.NextDouble(), 1.5))]}")));
        }

        return [.. words];
    }

    private static (string Text, long Score) Phrase(string[] words, int number)
    {
        ulong hash = StableHash.Compute((ulong)number);
        string first = words[(int)(words.Length * Math.Pow((hash >> 40) / (double)(1 << 24), 3))];
        return ($"{first} {words[number % words.Length]} {number / words.Length}", (long)(1 / (1e-6 + ((hash & 0xFFFFF) / (double)0xFFFFF))));
    }

    private static void Speed(Scorecard card)
    {
        (string Text, long Score)[] terms = ReadTerms();
        AutocompleteIndex index = Build(terms);
        var sorted = new SortedArrayRival(terms);
        var trie = new PruningTrieRival(terms);
        var buffer = new Completion[Results];
        var suggestions = new Suggestion[Results];
        for (int length = 1; length <= 8; length++)
        {
            string[] prefixes = Draw(terms, length);
            RatioResult against = Ratio.Of(n => Run(index, prefixes, buffer, n), n => Run(sorted, prefixes, suggestions, n));
            card.AtLeast($"{length} characters: faster than a sorted array and a heap", against.Speedup, length <= 3 ? 20 : length == 4 ? 5 : 2, "x", against.Note);
            if (length != 4)
            {
                against = Ratio.Of(n => Run(index, prefixes, buffer, n), n => Run(trie, prefixes, n));
                card.AtLeast($"{length} characters: faster than a pruning radix trie", against.Speedup, length <= 3 ? 100 : 8, "x", against.Note);
            }
        }

        BuildTime(card, terms);
        Fuzzy(card, terms, index);
        Live(card, terms, index);
    }

    private static void BuildTime(Scorecard card, (string Text, long Score)[] terms)
    {
        double[] ratios = new double[7];
        double ours = 0;
        for (int i = 0; i < ratios.Length; i++)
        {
            ours = Milliseconds(() => Build(terms));
            ratios[i] = ours / Milliseconds(() => new PruningTrieRival(terms));
        }

        Array.Sort(ratios);
        card.AtMost("build, against a pruning radix trie", ratios[ratios.Length / 2], 0.5, "x", string.Create(CultureInfo.InvariantCulture, $"{ours:0} ms"));
    }

    private static double Milliseconds(Func<object> make)
    {
        GC.Collect();
        long begun = Stopwatch.GetTimestamp();
        GC.KeepAlive(make());
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static void Fuzzy(Scorecard card, (string Text, long Score)[] terms, AutocompleteIndex index)
    {
        var rival = new TrigramRival(terms);
        var buffer = new Completion[Results];
        var suggestions = new Suggestion[Results];
        var random = new Random(5);
        string[] prefixes = [.. Draw(terms, 6).Take(256).Select(prefix =>
        {
            char[] letters = prefix.ToCharArray();
            int at = random.Next(1, letters.Length);
            letters[at] = letters[at] == 'e' ? 'a' : 'e';
            return new string(letters);
        })];
        for (int edits = 1; edits <= 2; edits++)
        {
            var query = new AutocompleteQuery { MaxEdits = edits };
            int most = edits;
            RatioResult result = Ratio.Of(
                n => Run(index, prefixes, buffer, n, query),
                n =>
                {
                    long sum = 0;
                    for (int i = 0; i < n; i++)
                    {
                        sum += rival.Complete(prefixes[i & (prefixes.Length - 1)], most, suggestions);
                    }

                    return sum;
                });
            card.AtLeast($"6 characters with an error, {edits} edits: faster than trigrams and verifying", result.Speedup, 3, "x", result.Note);
        }
    }

    private static void Live(Scorecard card, (string Text, long Score)[] terms, AutocompleteIndex index)
    {
        // The changed terms are a twentieth, as they are at most with the default threshold; with a compaction in between,
        // idle and busy would not be the same index.
        var live = new LiveAutocompleteIndex(new AutocompleteOptions { CompactAfter = int.MaxValue }, index);
        string[] hot = [.. Draw(terms, 3, whole: true).Distinct().Take(Math.Max(4_096, terms.Length / 20))];
        foreach (string term in hot)
        {
            live.Increment(term);
        }

        var counts = new ConcurrentDictionary<string, long>();
        RatioResult update = Ratio.Of(
            n =>
            {
                for (int i = 0; i < n; i++)
                {
                    live.Increment(hot[i % hot.Length]);
                }

                return live.Count;
            },
            n =>
            {
                for (int i = 0; i < n; i++)
                {
                    counts.AddOrUpdate(hot[i % hot.Length], 1, static (_, count) => count + 1);
                }

                return counts.Count;
            });
        card.AtMost("an update of a live index", update.CandidateNs / 1_000, 10, "µs", "absolute; a ConcurrentDictionary: " + update.Note);

        using var go = new ManualResetEventSlim();
        bool stop = false;
        var writer = new Thread(() =>
        {
            for (int i = 0; !Volatile.Read(ref stop); i++)
            {
                go.Wait();
                live.Increment(hot[i % hot.Length]);
            }
        });
        writer.Start();
        string[] prefixes = [.. Enumerable.Range(1, 8).SelectMany(length => Draw(terms, length).Take(512))];
        new Random(2).Shuffle(prefixes);
        var buffer = new Completion[Results];
        RatioResult busy = Ratio.Of(
            n =>
            {
                go.Set();
                long sum = Run(live, prefixes, buffer, n);
                go.Reset();
                return sum;
            },
            n => Run(live, prefixes, buffer, n));
        card.AtMost("live reads under a saturating writer, against idle", busy.Value, 2.5, "x", busy.Note + ", prefixes of 1 to 8");
        Volatile.Write(ref stop, true);
        go.Set();
        writer.Join();
    }

    private static long Run(AutocompleteIndex index, string[] prefixes, Completion[] buffer, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += Sum(buffer, index.Complete(prefixes[i & (prefixes.Length - 1)], buffer));
        }

        return sum;
    }

    private static long Run(AutocompleteIndex index, string[] prefixes, Completion[] buffer, int n, AutocompleteQuery query)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += Sum(buffer, index.Complete(prefixes[i & (prefixes.Length - 1)], buffer, query));
        }

        return sum;
    }

    private static long Run(LiveAutocompleteIndex index, string[] prefixes, Completion[] buffer, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += Sum(buffer, index.Complete(prefixes[i & (prefixes.Length - 1)], buffer));
        }

        return sum;
    }

    // The rivals' results hold their scores; here reading them is part of the work.
    private static long Sum(Completion[] buffer, int count)
    {
        long sum = count;
        for (int i = 0; i < count; i++)
        {
            sum += buffer[i].Int64Score;
        }

        return sum;
    }

    private static long Run(SortedArrayRival rival, string[] prefixes, Suggestion[] buffer, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += rival.Complete(prefixes[i & (prefixes.Length - 1)], buffer) + buffer[0].Score;
        }

        return sum;
    }

    private static long Run(PruningTrieRival rival, string[] prefixes, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            List<Suggestion> results = rival.Complete(prefixes[i & (prefixes.Length - 1)], Results);
            sum += results.Count + results[0].Score;
        }

        return sum;
    }

    private static AutocompleteIndex Build((string Text, long Score)[] terms, TextFolding folding = TextFolding.CaseAndDiacritics)
    {
        var builder = new AutocompleteBuilder(new AutocompleteOptions { Folding = folding });
        foreach ((string text, long score) in terms)
        {
            builder.Add(text, score);
        }

        return builder.Build();
    }

    /// <summary>Draws prefixes as they are typed: from terms as often as these are used.</summary>
    private static string[] Draw((string Text, long Score)[] terms, int length, bool whole = false)
    {
        (string Text, long Score)[] longEnough = [.. terms.Where(term => term.Text.Length >= length)];
        double[] sums = new double[longEnough.Length];
        double sum = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = sum += longEnough[i].Score;
        }

        var random = new Random(length);
        string[] prefixes = new string[Prefixes];
        for (int i = 0; i < prefixes.Length; i++)
        {
            int term = Array.BinarySearch(sums, random.NextDouble() * sum);
            string text = longEnough[Math.Min(term < 0 ? ~term : term, longEnough.Length - 1)].Text;
            prefixes[i] = whole ? text : text[..length];
        }

        return prefixes;
    }

    private static (string Text, long Score)[] ReadTerms()
    {
        string file = TermsFile ?? Path.Combine(RepositoryFolder(), "samples", "Autocomplete", "data", "words.tsv.gz");
        using Stream stream = File.OpenRead(file);
        using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(plain);
        var terms = new List<(string, long)>();
        while (reader.ReadLine() is { } line)
        {
            string[] columns = line.Split('\t');
            terms.Add((columns[0], long.Parse(columns[1], CultureInfo.InvariantCulture)));
        }

        return [.. terms];
    }

    private static string RepositoryFolder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Primitives.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The terms are in samples/Autocomplete/data of the repository.");
    }
}
