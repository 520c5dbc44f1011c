using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Caching.Memory;

namespace Primitives.Evaluation;

internal static class CachingArea
{
    public static readonly Area Area = new("caching", Accuracy, Speed);

    private const int Keys = 1_024;

    private static void Accuracy(Scorecard card)
    {
        if (CachingTraces.Folder is { } folder)
        {
            CachingTraces.Measure(card, folder);
        }

        Generated(card);
        Bytes(card);
    }

    /// <summary>A small set of traces that needs no files: frequency, recency, a loop, and a change between them.</summary>
    private static void Generated(Scorecard card)
    {
        const int Size = 600;
        foreach ((string name, double target) in ((string, double)[])[("zipf", 80), ("recent", 90), ("loop", 90), ("phases", 75)])
        {
            int[] trace = CachingTraces.Generate(name, 200_000);
            int optimum = CachingTraces.Optimum(trace, Size);
            double share = 100.0 * CachingTraces.Hits(trace, Size, seed: 7) / optimum;
            card.AtLeast($"share of the optimum, generated trace '{name}'", share, target, "%", $"{Size} entries, {trace.Length} requests");
        }
    }

    private static void Bytes(Scorecard card)
    {
        LfuCache<int, string> lfu = FillLfu(Keys * 2);
        LruCache<int, string> lru = FillLru(Keys * 2);
        card.AtMost("bytes allocated by a hit in LfuCache", Allocated.BytesPerOperation(count => Hit(lfu, count)), 0);
        card.AtMost("bytes allocated by a hit of GetOrAdd with a static factory", Allocated.BytesPerOperation(count => GetOrAdd(lfu, count)), 0);
        card.AtMost("bytes allocated by a hit in LruCache", Allocated.BytesPerOperation(count => Hit(lru, count)), 0);
        double mine = BytesPerEntry(static entries => Fill(new LfuCache<int, string>(entries), entries));
        double memory = BytesPerEntry(static entries =>
        {
            var cache = new MemoryCache(new MemoryCacheOptions { SizeLimit = entries });
            for (int key = 0; key < entries; key++)
            {
                cache.Set(key, "x", new MemoryCacheEntryOptions { Size = 1 });
            }

            return cache;
        });
        card.AtMost(
            "bytes per entry against MemoryCache", mine / memory, 0.55, "x", string.Create(CultureInfo.InvariantCulture, $"{mine:0} vs {memory:0}"));
    }

    private static void Speed(Scorecard card)
    {
        var dictionary = new ConcurrentDictionary<int, string>();
        var texts = new ConcurrentDictionary<string, string>();
        var lfuTexts = new LfuCache<string, string>(Keys * 2);
        var memory = new MemoryCache(new MemoryCacheOptions());
        string[] names = [.. Enumerable.Range(0, Keys).Select(key => string.Create(CultureInfo.InvariantCulture, $"user:{key:0000000000000000}"))];
        for (int key = 0; key < Keys; key++)
        {
            dictionary[key] = "x";
            memory.Set(key, "x");
            texts[names[key]] = "x";
            lfuTexts.Set(names[key], "x");
        }

        LfuCache<int, string> lfu = FillLfu(Keys * 2);
        LruCache<int, string> lru = FillLru(Keys * 2);
        RatioResult hit = Ratio.Of(count => Hit(lfu, count), count => Read(dictionary, count));
        card.AtMost("LfuCache hit against ConcurrentDictionary, int keys", hit.Value, 3, "x", hit.Note);
        RatioResult text = Ratio.Of(count => Hit(lfuTexts, names, count), count => Read(texts, names, count));
        card.AtMost("LfuCache hit against ConcurrentDictionary, 21 characters", text.Value, 1.4, "x", text.Note);
        RatioResult platform = Ratio.Of(count => Hit(lfu, count), count => Read(memory, count));
        card.AtLeast("LfuCache hit, times faster than MemoryCache", 1 / platform.Value, 6, "x", platform.Note);
        RatioResult exact = Ratio.Of(count => Hit(lru, count), count => Read(dictionary, count));
        card.AtMost("LruCache hit against ConcurrentDictionary, int keys", exact.Value, 10, "x", exact.Note);
        card.AtLeast("two threads together against one, LfuCache hits", TwoThreads(lfu), 1.6, "x", "processor time, median of 7");
        foreach (int capacity in (int[])[1_000, 10_000])
        {
            Misses(card, capacity);
        }
    }

    private static void Misses(Scorecard card, int capacity)
    {
        LfuCache<int, string> cache = FillLfu(capacity);
        int next = capacity;
        var dictionary = new ConcurrentDictionary<int, string>();
        int added = 0;
        for (; added < capacity; added++)
        {
            dictionary[added] = "x";
        }

        RatioResult miss = Ratio.Of(
            count =>
            {
                for (int i = 0; i < count; i++, next++)
                {
                    if (!cache.TryGet(next, out _))
                    {
                        cache.Set(next, "x");
                    }
                }

                return next;
            },
            count =>
            {
                for (int i = 0; i < count; i++, added++)
                {
                    dictionary.TryAdd(added, "x");
                    dictionary.TryRemove(added - capacity, out _);
                }

                return added;
            });
        card.AtMost(
            $"LfuCache miss, insert, eviction against add and remove, capacity {capacity}", miss.Value, 1.6, "x", miss.Note);
    }

    // In processor time, because on a busy machine the second thread may get no processor of its own: what contention costs
    // shows as more time for each hit. Twice as fast together if a hit costs two threads no more than one.
    private static double TwoThreads(LfuCache<int, string> cache)
    {
        const int Count = 4_000_000;
        double[] ratios = new double[7];
        Run(1);
        Run(2);
        for (int i = 0; i < ratios.Length; i++)
        {
            double one = Run(1);
            ratios[i] = 4 * one / Run(2);
        }

        Array.Sort(ratios);
        return ratios[ratios.Length / 2];

        double Run(int threads)
        {
            Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => Blackhole.Consume(Hit(cache, Count))))];
            TimeSpan begun = Environment.CpuUsage.TotalTime;
            Array.ForEach(all, thread => thread.Start());
            Array.ForEach(all, thread => thread.Join());
            return (Environment.CpuUsage.TotalTime - begun).TotalSeconds;
        }
    }

    private static double BytesPerEntry(Func<int, object> make)
    {
        const int Entries = 100_000;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        object cache = make(Entries);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(cache);
        return (double)(after - before) / Entries;
    }

    private static LfuCache<int, string> FillLfu(int capacity) => (LfuCache<int, string>)Fill(new LfuCache<int, string>(capacity), capacity);

    private static LruCache<int, string> FillLru(int capacity) => (LruCache<int, string>)Fill(new LruCache<int, string>(capacity), capacity);

    private static ICache<int, string> Fill(ICache<int, string> cache, int entries)
    {
        for (int key = 0; key < entries; key++)
        {
            cache.Set(key, "x");
        }

        return cache;
    }

    private static long Read(ConcurrentDictionary<int, string> dictionary, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += dictionary.TryGetValue(i & (Keys - 1), out string? value) ? value.Length : 0;
        }

        return sum;
    }

    private static long Read(ConcurrentDictionary<string, string> dictionary, string[] names, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += dictionary.TryGetValue(names[i & (Keys - 1)], out string? value) ? value.Length : 0;
        }

        return sum;
    }

    private static long Read(MemoryCache cache, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += cache.TryGetValue(i & (Keys - 1), out string? value) ? value!.Length : 0;
        }

        return sum;
    }

    private static long Hit(LfuCache<int, string> cache, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += cache.TryGet(i & (Keys - 1), out string? value) ? value.Length : 0;
        }

        return sum;
    }

    private static long Hit(LruCache<int, string> cache, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += cache.TryGet(i & (Keys - 1), out string? value) ? value.Length : 0;
        }

        return sum;
    }

    private static long Hit(LfuCache<string, string> cache, string[] names, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += cache.TryGet(names[i & (Keys - 1)], out string? value) ? value.Length : 0;
        }

        return sum;
    }

    private static long GetOrAdd(LfuCache<int, string> cache, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += cache.GetOrAdd(i & (Keys - 1), 0, static (_, _) => "x").Length;
        }

        return sum;
    }
}
