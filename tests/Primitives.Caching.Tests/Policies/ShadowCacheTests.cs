namespace Primitives.Tests;

public class ShadowCacheTests
{
    [Theory]
    [InlineData(1, 0.01)]
    [InlineData(2, 0.5)]
    [InlineData(3, 0.99)]
    [InlineData(128, 0.01)]
    [InlineData(128, 0.4)]
    [InlineData(128, 0.99)]
    public void Never_hits_more_than_the_optimum(int capacity, double share)
    {
        var random = new Random(7);
        uint[] trace = [.. Enumerable.Range(0, 20_000).Select(_ => (uint)(400 * random.NextDouble() * random.NextDouble()))];
        ShadowCache shadow = Create(capacity, share);
        foreach (uint hash in trace)
        {
            shadow.Access(hash);
        }

        Assert.InRange(shadow.Hits, 1, Optimum(trace, capacity));
    }

    [Fact]
    public void Holds_what_fits()
    {
        ShadowCache shadow = Create(100, 0.2);
        for (int round = 0; round < 10; round++)
        {
            for (uint hash = 0; hash < 100; hash++)
            {
                shadow.Access(hash * 2_654_435_761);
            }
        }

        Assert.Equal(900, shadow.TakeHits());
        Assert.Equal(0, shadow.TakeHits());
    }

    [Fact]
    public void A_small_window_keeps_the_frequent_and_a_large_one_the_recent()
    {
        // Ten keys used all the time among a scan, or a scan of which each key comes back soon.
        (int Small, int Large) frequent = Run(i => i % 2 == 0 ? (uint)(i / 2 % 50) : (uint)(1_000 + i));
        Assert.True(frequent.Small > frequent.Large, $"{frequent}");
        (int Small, int Large) recent = Run(i => (uint)((i / 2) + (i % 2 == 0 ? 0 : -20)));
        Assert.True(recent.Large > recent.Small, $"{recent}");

        static (int Small, int Large) Run(Func<int, uint> trace)
        {
            (ShadowCache small, ShadowCache large) = (Create(64, 0.01), Create(64, 0.99));
            for (int i = 100; i < 20_000; i++)
            {
                small.Access(trace(i));
                large.Access(trace(i));
            }

            return (small.Hits, large.Hits);
        }
    }

    private static ShadowCache Create(int capacity, double share)
    {
        var sketch = new FrequencySketch(7);
        sketch.EnsureCapacity(1_000);
        return new ShadowCache(capacity, share, sketch);
    }

    private static int Optimum(uint[] trace, int capacity)
    {
        var next = new int[trace.Length];
        var last = new Dictionary<uint, int>();
        for (int i = trace.Length - 1; i >= 0; i--)
        {
            next[i] = last.GetValueOrDefault(trace[i], int.MaxValue);
            last[trace[i]] = i;
        }

        var held = new Dictionary<uint, int>(); // with the time of its next use
        int hits = 0;
        for (int i = 0; i < trace.Length; i++)
        {
            if (held.ContainsKey(trace[i]))
            {
                hits++;
            }
            else if (held.Count == capacity)
            {
                held.Remove(held.MaxBy(pair => pair.Value).Key);
            }

            held[trace[i]] = next[i];
        }

        return hits;
    }
}
