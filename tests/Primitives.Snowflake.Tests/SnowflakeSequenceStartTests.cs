using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeSequenceStartTests
{
    private const int Ticks = 20_000;

    [Fact]
    public void The_first_ids_of_ticks_spread_evenly_over_the_lower_half_of_the_sequence()
    {
        long[] byStart = new long[SnowflakeLayout.JavaScriptSafe.IdsPerTick];
        foreach (long id in FirstIds(SnowflakeLayout.JavaScriptSafe, seed: 1))
        {
            byStart[SnowflakeLayout.JavaScriptSafe.Decode(id).Sequence]++;
        }

        // One seed in 1,000 fails by chance.
        Assert.True(ChiSquare.Statistic(byStart.AsSpan(0, 64)) < ChiSquare.Quantile(63, 3.09));
        Assert.Equal(-1, byStart.AsSpan(64).IndexOfAnyExcept(0));
    }

    [Fact]
    public void Starts_are_a_fixed_function_of_seed_worker_and_tick()
    {
        long[] ids = FirstIds(SnowflakeLayout.Twitter, seed: 1);

        Assert.Equal(ids, FirstIds(SnowflakeLayout.Twitter, seed: 1));
        Assert.InRange(SameSequences(ids, FirstIds(SnowflakeLayout.Twitter, seed: 2)), 0, Ticks / 500);
        Assert.InRange(SameSequences(ids, FirstIds(SnowflakeLayout.Twitter, seed: 1, worker: 4)), 0, Ticks / 500);
    }

    [Fact]
    public void Ids_stay_distinct_and_increasing_and_half_of_a_tick_is_always_left()
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, SnowflakeLayout.JavaScriptSafe, seed: 1);
        var taken = new List<long>();
        for (int i = 0; i < 500; i++)
        {
            List<long> ofTick = ids.Drain();
            Assert.InRange(ofTick.Count, 64 + 1, 128);
            taken.AddRange(ofTick);
            time.Advance(Millisecond);
        }

        Assert.Equal(taken.Order().Distinct(), taken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void With_no_half_to_draw_from_ticks_start_at_zero(int sequenceBits)
    {
        var layout = new SnowflakeLayout(41, 5, sequenceBits, Small.Epoch);
        Assert.All(FirstIds(layout, seed: 1), id => Assert.Equal(0, layout.Decode(id).Sequence));
    }

    private static int SameSequences(long[] some, long[] others) =>
        some.Zip(others).Count(pair => SnowflakeLayout.Twitter.Decode(pair.First).Sequence == SnowflakeLayout.Twitter.Decode(pair.Second).Sequence);

    private static long[] FirstIds(SnowflakeLayout layout, long seed, int worker = 3)
    {
        var time = new ManualTimeProvider();
        SnowflakeGenerator ids = Generator(time, layout, seed, worker);
        long[] taken = new long[Ticks];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = ids.Next();
            time.Advance(Millisecond);
        }

        return taken;
    }

    private static SnowflakeGenerator Generator(ManualTimeProvider time, SnowflakeLayout layout, long seed, int worker = 3) => new(
        new SnowflakeOptions { WorkerId = worker, Layout = layout, RandomSequenceStart = true, SequenceSeed = seed }, timeProvider: time);
}
