namespace Primitives.Tests;

public class LfuHitRatioTests
{
    [Theory]
    [InlineData("zipf", 7)]
    [InlineData("loop", 7)]
    [InlineData("recent", 7)]
    [InlineData("phases", 7)]
    [InlineData("random", 7)]
    public void Never_exceeds_the_optimum_nor_the_bound_at_any_size(string shape, int seed)
    {
        int[] trace = Trace(shape, seed, 20_000);
        foreach (int size in (int[])[1, 2, 3, 5, 17, 100, 400, 1_000])
        {
            using var cache = new LfuCache<int, int>(new CacheOptions<int, int> { Capacity = size, Seed = (ulong)seed });
            int hits = 0;
            foreach (int key in trace)
            {
                if (cache.TryGet(key, out _))
                {
                    hits++;
                }
                else
                {
                    cache.Set(key, key);
                }

                Assert.True(cache.Count <= size);
            }

            int optimum = Optimum(trace, size);
            Assert.True(hits <= optimum, $"{hits} hits of at most {optimum} at size {size}.");
            cache.AssertIntegrity();
        }
    }

    [Theory]
    [InlineData("zipf", 0.8)]
    [InlineData("loop", 0.9)]
    [InlineData("recent", 0.9)]
    [InlineData("phases", 0.75)]
    public void Finds_most_of_what_can_be_found_whatever_the_shape_and_the_seed(string shape, double share)
    {
        const int Size = 600;
        int[] trace = Trace(shape, 3, 120_000);
        int optimum = Optimum(trace, Size);
        for (ulong seed = 1; seed <= 4; seed++)
        {
            using var cache = new LfuCache<int, int>(new CacheOptions<int, int> { Capacity = Size, Seed = seed });
            int hits = trace.Count(key => cache.TryGet(key, out _) || !cache.Set(key, key));
            Assert.True(hits >= share * optimum, $"Seed {seed}: {hits} of {optimum}.");
        }
    }

    /// <summary>Belady's rule: evict what is used again last. What was missed always comes in, as it does into the cache.</summary>
    private static int Optimum(int[] trace, int size)
    {
        int[] next = new int[trace.Length];
        var last = new Dictionary<int, int>();
        for (int i = trace.Length - 1; i >= 0; i--)
        {
            next[i] = last.GetValueOrDefault(trace[i], int.MaxValue - i);
            last[trace[i]] = i;
        }

        var held = new Dictionary<int, int>();
        var order = new SortedDictionary<int, int>(Comparer<int>.Create((x, y) => y.CompareTo(x)));
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

    private static int[] Trace(string shape, int seed, int length)
    {
        var random = new Random(seed);
        int[] trace = new int[length];
        for (int i = 0; i < length; i++)
        {
            trace[i] = shape switch
            {
                "zipf" => (int)(Math.Pow(random.NextDouble(), -1.2) % 20_000),
                "loop" => i % 1_000,
                "recent" => (i / 4) - (int)(random.NextDouble() * random.NextDouble() * 400),
                "phases" => i * 4 / length % 2 == 0 ? i % 1_000 : (int)(Math.Pow(random.NextDouble(), -1.2) % 20_000),
                _ => random.Next(2_000),
            };
        }

        return trace;
    }
}
