using System.Globalization;
using System.IO.Compression;

namespace Primitives.Evaluation;

/// <summary>Traces of keys, and what caches of a given size find in them. <c>--traces=folder</c> names a folder with
/// <c>traces/*.txt.gz</c>, one key a line, and <c>hitrates.csv</c> (trace,size,policy,hit_ratio).</summary>
internal static class CachingTraces
{
    private const double Rounding = 0.001; // of the ratios in the file, in points

    private static readonly string[] Rivals = ["LRU", "LFU", "ARC", "LIRS", "S3-FIFO"];

    public static string? Folder =>
        Environment.GetCommandLineArgs().FirstOrDefault(arg => arg.StartsWith("--traces=", StringComparison.Ordinal))?["--traces=".Length..];

    public static void Measure(Scorecard card, string folder)
    {
        ILookup<(string Trace, int Size), (string Policy, double Ratio)> cells = File.ReadLines(Path.Combine(folder, "hitrates.csv"))
            .Skip(1)
            .Select(line => line.Split(','))
            .ToLookup(parts => (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture)), parts => (parts[2], double.Parse(parts[^1], CultureInfo.InvariantCulture)));
        var shares = new List<double>();
        int nearBitFaster = 0;
        int collapsed = 0;
        int aboveOptimum = 0;
        double difference = 0;
        foreach (var group in cells.GroupBy(cell => cell.Key.Trace))
        {
            long[] trace = Load(Path.Combine(folder, "traces", group.Key + ".txt.gz"));
            foreach (var cell in group)
            {
                double ratio = 100.0 * Hits(trace, cell.Key.Size, seed: 7) / trace.Length;
                double rival = cell.First(row => row.Policy == "BF.ConcurrentLfu(foreground)").Ratio;
                double optimum = cell.First(row => row.Policy == "OPT").Ratio;
                shares.Add(100 * ratio / optimum);
                aboveOptimum += ratio > optimum + Rounding ? 1 : 0;
                nearBitFaster += ratio >= rival - 0.5 ? 1 : 0;
                difference += ratio - rival;
                collapsed += cell.Key.Size >= 500 && ratio < cell.Where(row => Rivals.Contains(row.Policy)).Max(row => row.Ratio) / 2 ? 1 : 0;
            }
        }

        string note = $"{shares.Count} cells";
        card.AtLeast("mean share of the optimum, traces", shares.Average(), 91, "%", note);
        card.AtMost("cells above Belady's optimum, which only a cache over its bound reaches", aboveOptimum, 0, note: note);
        card.AtLeast("cells at least BitFaster's ConcurrentLfu less 0.5 points", 100.0 * nearBitFaster / shares.Count, 90, "%", note);
        card.AtLeast("mean hit ratio less BitFaster's ConcurrentLfu", difference / shares.Count, 0, "points", note);
        card.AtMost("cells from size 500 below half the best of LRU, LFU, ARC, LIRS, S3-FIFO", collapsed, 0, note: note);
    }

    public static int Hits<TKey>(TKey[] trace, int size, ulong seed)
        where TKey : notnull
    {
        using var cache = new LfuCache<TKey, int>(new CacheOptions<TKey, int> { Capacity = size, Seed = seed });
        int hits = 0;
        foreach (TKey key in trace)
        {
            if (cache.TryGet(key, out _))
            {
                hits++;
            }
            else
            {
                cache.Set(key, 0);
            }
        }

        return hits;
    }

    public static int[] Generate(string shape, int length)
    {
        var random = new Random(3);
        int[] trace = new int[length];
        for (int i = 0; i < length; i++)
        {
            trace[i] = shape switch
            {
                "zipf" => Zipf(random),
                "loop" => i % 1_000,
                "recent" => (i / 4) - (int)(random.NextDouble() * random.NextDouble() * 400),
                _ => (long)i * 4 / length % 2 == 0 ? i % 1_000 : Zipf(random),
            };
        }

        return trace;
    }

    /// <summary>Belady's rule: evict what is used again last.</summary>
    public static int Optimum(int[] trace, int size)
    {
        int[] next = new int[trace.Length];
        var last = new Dictionary<int, int>();
        for (int i = trace.Length - 1; i >= 0; i--)
        {
            next[i] = last.GetValueOrDefault(trace[i], int.MaxValue - i);
            last[trace[i]] = i;
        }

        var held = new Dictionary<int, int>();
        var order = new SortedDictionary<int, int>(Comparer<int>.Create(static (x, y) => y.CompareTo(x)));
        int hits = 0;
        for (int i = 0; i < trace.Length; i++)
        {
            if (held.Remove(trace[i], out int due))
            {
                hits++;
                order.Remove(due);
            }
            else if (held.Count == size)
            {
                KeyValuePair<int, int> farthest = order.First();
                order.Remove(farthest.Key);
                held.Remove(farthest.Value);
            }

            held[trace[i]] = next[i];
            order[next[i]] = trace[i];
        }

        return hits;
    }

    private static int Zipf(Random random) => (int)(Math.Pow(random.NextDouble(), -3) % 20_000);

    private static long[] Load(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        List<long> keys = [];
        while (reader.ReadLine() is { } line)
        {
            keys.Add(long.Parse(line, CultureInfo.InvariantCulture));
        }

        return [.. keys];
    }
}
