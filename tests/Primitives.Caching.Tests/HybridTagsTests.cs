using Primitives.Testing;

namespace Primitives.Tests;

public class HybridTagsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void The_clock_never_repeats_itself_nor_goes_back()
    {
        var tags = new HybridTags(_time);
        long last = tags.NextTime();
        for (int i = 0; i < 100; i++)
        {
            _time.AdvanceUtc(TimeSpan.FromSeconds((i % 3) - 1));
            long next = tags.NextTime();
            Assert.True(next > last);
            Assert.Equal(next, tags.LastTime);
            last = next;
        }

        long[][] readings = new long[4][];
        Race.Run(4, racer => readings[racer.Index] = [.. Enumerable.Range(0, 5_000).Select(_ => tags.NextTime())]);
        Assert.Equal(20_000, readings.SelectMany(reading => reading).Distinct().Count());
    }

    [Fact]
    public void Removal_times_only_grow_though_one_be_learnt_late()
    {
        var tags = new HybridTags(_time);
        tags.Remove("a", 100);
        tags.Remove("a", 50);
        Assert.False(tags.IsValid(100, ["a"]));
        Assert.True(tags.IsValid(101, ["a", "b"]));
        tags.Remove(HybridTags.Wildcard, 80);
        Assert.False(tags.IsValid(80, []));
        Assert.False(tags.IsValid(100, ["a"])); // what "*" did not cover is still known
        tags.Remove(HybridTags.Wildcard, 70);
        Assert.False(tags.IsValid(80, []));
    }

    [Fact]
    public void Too_many_tags_become_one_removal_of_everything()
    {
        var tags = new HybridTags(_time);
        const int Most = 65_536;
        for (int i = 1; i <= Most; i++)
        {
            tags.Remove($"{i}", i);
        }

        Assert.True(tags.IsValid(1, ["other"]));
        Assert.True(tags.IsValid(Most, ["1"]));
        tags.Remove("one more", Most + 1);
        Assert.False(tags.IsValid(Most + 1, ["other"]));
        Assert.True(tags.IsValid(Most + 2, ["1", "one more"]));
    }
}
