using System.Globalization;
using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Primitives.Benchmarks;

/// <summary>Completing prefixes of the sample's 82,834 words, against a sorted array, a binary search and a heap; with
/// errors, filters and changes; and updating.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class AutocompleteBenchmarks
{
    private const int Prefixes = 1_024;

    private readonly Completion[] _completions = new Completion[10];
    private readonly string[] _prefixes = new string[Prefixes];
    private string[] _terms = [];
    private long[] _scores = [];
    private AutocompleteIndex _index = null!;
    private LiveAutocompleteIndex _live = null!;
    private int _next;

    [Params(2, 6)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Words()), CompressionMode.Decompress));
        var builder = new AutocompleteBuilder();
        List<(string Text, long Score)> terms = [];
        while (reader.ReadLine()?.Split('\t') is [string text, string score])
        {
            terms.Add((text, long.Parse(score, CultureInfo.InvariantCulture)));
            builder.Add(text, terms[^1].Score);
        }

        _terms = [.. terms.Select(term => term.Text)];
        _scores = [.. terms.Select(term => term.Score)];
        string[] longEnough = [.. _terms.Where(term => term.Length >= Length).Take(20_000)];
        for (int i = 0; i < Prefixes; i++)
        {
            _prefixes[i] = longEnough[i * 7 % longEnough.Length][..Length];
        }

        Array.Sort(_terms, _scores, StringComparer.Ordinal);
        _index = builder.Build();
        _live = new LiveAutocompleteIndex(initial: _index);
        for (int i = 0; i < 1_000; i++)
        {
            _live.Increment(_terms[i * 31 % _terms.Length], 1_000);
        }
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Complete")]
    public int SortedArrayAndHeap()
    {
        string prefix = Next();
        int first = Array.BinarySearch(_terms, prefix, StringComparer.Ordinal);
        var best = new PriorityQueue<int, long>();
        for (int i = first < 0 ? ~first : first; i < _terms.Length && _terms[i].StartsWith(prefix, StringComparison.Ordinal); i++)
        {
            if (best.Count < _completions.Length)
            {
                best.Enqueue(i, _scores[i]);
            }
            else
            {
                best.EnqueueDequeue(i, _scores[i]);
            }
        }

        return best.Count;
    }

    [Benchmark]
    [BenchmarkCategory("Complete")]
    public int Complete() => _index.Complete(Next(), _completions);

    [Benchmark]
    [BenchmarkCategory("Complete")]
    public string[] CompleteToStrings() => _index.Complete(Next(), 10);

    [Benchmark]
    [BenchmarkCategory("Complete")]
    public int CompleteWithOneEdit() => _index.Complete(Next(), _completions, new AutocompleteQuery { MaxEdits = 1 });

    [Benchmark]
    [BenchmarkCategory("Complete")]
    public int CompleteOfALiveIndexWithChanges() => _live.Complete(Next(), _completions);

    [Benchmark]
    [BenchmarkCategory("Update")]
    public void Increment() => _live.Increment(_terms[(_next += 31) % _terms.Length], 1);

    private static string Words()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Primitives.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "samples", "Autocomplete", "data", "words.tsv.gz");
    }

    private string Next() => _prefixes[_next = (_next + 1) & (Prefixes - 1)];
}
