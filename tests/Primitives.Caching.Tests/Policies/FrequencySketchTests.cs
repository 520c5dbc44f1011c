namespace Primitives.Tests;

public class FrequencySketchTests
{
    [Fact]
    public void Never_estimates_too_low_before_the_first_halving_and_seldom_too_high()
    {
        var sketch = new FrequencySketch(7);
        sketch.EnsureCapacity(1_000);
        var counts = new Dictionary<uint, int>();
        var random = new Random(7);
        for (int i = 0; i < 9_000; i++)
        {
            uint hash = (uint)(random.Next(1_000) * random.NextDouble());
            sketch.Increment(hash);
            counts[hash] = counts.GetValueOrDefault(hash) + 1;
        }

        Assert.All(counts, pair => Assert.True(sketch.Estimate(pair.Key) >= Math.Min(pair.Value, FrequencySketch.Limit)));
        Assert.True(counts.Count(pair => sketch.Estimate(pair.Key) > Math.Min(pair.Value, FrequencySketch.Limit)) < counts.Count / 10);
    }

    [Fact]
    public void Growing_keeps_what_is_known()
    {
        var sketch = new FrequencySketch(7);
        for (uint hash = 0; hash < 100; hash++)
        {
            for (uint i = 0; i < hash % 10; i++)
            {
                sketch.Increment(hash);
            }
        }

        int[] before = [.. Enumerable.Range(0, 200).Select(hash => sketch.Estimate((uint)hash))];
        sketch.EnsureCapacity(100_000);
        Assert.Equal(before, Enumerable.Range(0, 200).Select(hash => sketch.Estimate((uint)hash)));
    }

    [Fact]
    public void Halves_every_count_after_a_sample()
    {
        var sketch = new FrequencySketch(7);
        for (int i = 0; i < 10; i++)
        {
            sketch.Increment(1);
        }

        for (uint hash = 1_000; sketch.Estimate(1) == 10; hash++)
        {
            Assert.True(hash < 7_000, "It never halves.");
            sketch.Increment(hash);
        }

        Assert.Equal(5, sketch.Estimate(1));
    }
}
