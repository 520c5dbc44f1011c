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
    public void Rests_while_nothing_changes_and_still_finds_out_when_something_does()
    {
        const int Entries = 100;
        (WindowTuner tuner, FrequencySketch sketch) = Create(Entries);
        var random = new Random(7);
        double settled = Frequent(200_000);
        Assert.InRange(settled, 0.01, 0.2);
        Assert.Equal(settled, Frequent(50_000));

        // The longest rest is 16 periods of 4 accesses an entry; then one period to warm up, and a few to be sure.
        int until = 0;
        for (int i = 0; tuner.WindowShare < 0.4; i++, until++)
        {
            Assert.True(until < 40 * 4 * Entries, "It sleeps on.");
            Use(tuner, sketch, (uint)(20_000_000 + (i % 2 == 0 ? i : i - random.Next(2 * 90))));
        }

        Assert.InRange(until, 4 * Entries, 40 * 4 * Entries);

        double Frequent(int accesses)
        {
            for (int i = 0; i < accesses; i++)
            {
                Use(tuner, sketch, (uint)(i % 2 == 0 ? random.Next(Entries) : 10_000_000 + (i / 4)));
            }

            return tuner.WindowShare;
        }
    }

    [Fact]
    public void Begins_anew_when_it_is_to_model_another_size_and_goes_on_when_about_the_same()
    {
        (WindowTuner tuner, FrequencySketch sketch) = Create(100);
        for (int i = 100; i < 100_000; i++)
        {
            Use(tuner, sketch, (uint)(i % 2 == 0 ? i : i - 61));
        }

        double share = tuner.WindowShare;
        Assert.NotEqual(0.01, share);
        tuner.Model(150);
        tuner.Model(5_000);
        Assert.Equal(share, tuner.WindowShare); // what was found out is kept until there is better
        Assert.False(Use(tuner, sketch, 7));
        tuner.Model(1);
        tuner.Model(long.MaxValue); // no bound in practice
        for (int i = 0; i < 10_000; i++)
        {
            Use(tuner, sketch, (uint)i);
        }
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
