namespace Primitives.Tests;

public class WindowTunerTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(200)]
    [InlineData(5_000)]
    public void The_window_grows_where_recency_rules_and_shrinks_where_frequency_does(int entries)
    {
        (WindowTuner tuner, FrequencySketch sketch) = Create(entries);
        Assert.Equal(0.01, tuner.WindowShare);

        // Each key is used again soon, and never after that.
        var random = new Random(7);
        int steps = 2_000 * Math.Min(entries, 500);
        for (int i = entries; i < steps; i++)
        {
            Use(tuner, sketch, (uint)(i % 2 == 0 ? i : i - (int)(entries * 0.9 * random.NextDouble())));
        }

        Assert.InRange(tuner.WindowShare, 0.4, 0.99);

        // As many keys as fit are used all the time, among more that come once or twice.
        for (int i = 0; i < steps; i++)
        {
            uint key = (uint)random.Next(entries);
            Use(tuner, sketch, i % 2 == 0 ? key : (uint)(10_000_000 + (i / 4)));
        }

        Assert.InRange(tuner.WindowShare, 0.01, 0.2);
    }

    [Fact]
    public void Tells_when_the_share_has_changed_and_only_then()
    {
        (WindowTuner tuner, FrequencySketch sketch) = Create(100);
        double share = tuner.WindowShare;
        int changes = 0;
        for (int i = 100; i < 200_000; i++)
        {
            bool isChange = Use(tuner, sketch, (uint)(i % 2 == 0 ? i : i - 61));
            Assert.Equal(isChange, tuner.WindowShare != share);
            share = tuner.WindowShare;
            changes += isChange ? 1 : 0;
        }

        Assert.InRange(changes, 1, 20); // it settles
    }

    [Fact]
    public void Does_nothing_before_it_knows_what_to_model()
    {
        var tuner = new WindowTuner(new FrequencySketch(7), seed: 7);
        for (uint hash = 0; hash < 10_000; hash++)
        {
            Assert.False(tuner.Record(hash % 10));
        }
    }

    private static (WindowTuner Tuner, FrequencySketch Sketch) Create(int entries)
    {
        var sketch = new FrequencySketch(7);
        sketch.EnsureCapacity(entries);
        var tuner = new WindowTuner(sketch, seed: 7);
        tuner.Model(entries);
        return (tuner, sketch);
    }

    private static bool Use(WindowTuner tuner, FrequencySketch sketch, uint key)
    {
        uint hash = (uint)(SplitMix.Scramble(key) >> 32);
        sketch.Increment(hash);
        return tuner.Record(hash);
    }
}
