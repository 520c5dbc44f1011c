using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public class SnowflakeRaceTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Ten_million_ids_are_distinct_and_increasing_while_the_clock_stalls_jumps_and_goes_back()
    {
        var clock = new ScriptedClock(Small.Epoch, Script);
        var ids = new SnowflakeGenerator(
            new SnowflakeOptions { WorkerId = 7, Overflow = SequenceOverflow.Borrow }, timeProvider: clock);
        long[][] taken = Take(ids, threads: 2, each: 5_000_000);

        AssertIncreasingAndDistinct(taken);
        Assert.InRange(ids.Statistics.ClockRollbacks, 10, long.MaxValue);
    }

    [Fact]
    public void Waiting_threads_get_distinct_increasing_ids_under_the_same_clock()
    {
        var clock = new ScriptedClock(Small.Epoch, Script); // 333 readings a tick, more than there are ids in one
        var ids = new SnowflakeGenerator(7, SnowflakeLayout.JavaScriptSafe, clock);
        long[][] taken = Take(ids, threads: 4, each: 50_000);

        AssertIncreasingAndDistinct(taken);
        Assert.InRange(ids.Statistics.Waits, 10, long.MaxValue);
    }

    [Fact]
    public void Under_the_system_clock_waiting_hands_out_no_id_before_its_time()
    {
        var ids = new SnowflakeGenerator(7);
        var taken = new long[4][];
        Race.Run(taken.Length, thread =>
        {
            long[] mine = taken[thread.Index] = new long[50_000];
            for (int i = 0; i < mine.Length; i++)
            {
                mine[i] = ids.Next();
                if (SnowflakeLayout.Twitter.MinFor(TimeProvider.System.GetUtcNow().AddMilliseconds(1)) <= mine[i])
                {
                    Assert.Fail($"Id {mine[i]} is of {SnowflakeLayout.Twitter.Decode(mine[i]).Timestamp:O}, which is yet to come.");
                }
            }
        });

        AssertIncreasingAndDistinct(taken);
    }

    [Fact]
    public async Task Asynchronous_callers_under_the_system_clock_get_distinct_ids()
    {
        var ids = new SnowflakeGenerator(3, Small);
        long[] taken = await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(_ => Enumerable.Range(0, 25).Select(_ => Task.Run(async () =>
        {
            long first = await ids.NextAsync();
            long second = await ids.NextAsync();
            Assert.True(second > first);
            return first;
        }))));

        Assert.Equal(taken.Length, taken.Distinct().Count());
    }

    [Fact]
    public void A_lost_race_is_tried_again()
    {
        // The clock stands still while it is read for the n-th time, and another caller takes an id in that moment.
        SnowflakeGenerator? ids = null;
        bool entered = false;
        long between = 0;
        var clock = new ScriptedClock(Small.Epoch, reading =>
        {
            if (reading == 2 && !entered)
            {
                entered = true;
                between = ids!.Next();
            }

            return 0;
        });
        ids = new SnowflakeGenerator(3, Small, clock);

        long first = ids.Next();
        long last = ids.Next();

        Assert.Equal([first, first + 1, first + 2], [first, between, last]);
    }

    /// <summary>3 us a reading; stands still for a fifth of the time, jumps ahead by 2 s now and then, and for a tenth of
    /// the time reads 3 s too early.</summary>
    private static long Script(long reading)
    {
        long moving = reading - Math.Min(reading % 40_000, 8_000);
        long jumps = reading / 250_000 * 2 * Second;
        long back = reading % 300_000 is >= 150_000 and < 180_000 ? 3 * Second : 0;
        return (10 * Second) + (moving * 30) + jumps - back;
    }

    private static long[][] Take(SnowflakeGenerator ids, int threads, int each)
    {
        var taken = new long[threads][];
        Race.Run(threads, thread =>
        {
            long[] mine = taken[thread.Index] = new long[each];
            int i = 0;
            while (i < each)
            {
                switch (i & 127)
                {
                    case < 64:
                        mine[i++] = ids.Next();
                        break;
                    case < 96:
                        i += ids.TryNext(out mine[i]) ? 1 : 0;
                        break;
                    default:
                        int count = Math.Min(1 + (i % 40), each - i);
                        ids.Next(mine.AsSpan(i, count));
                        i += count;
                        break;
                }
            }
        });
        return taken;
    }

    private static void AssertIncreasingAndDistinct(long[][] threads)
    {
        foreach (long[] mine in threads)
        {
            for (int i = 1; i < mine.Length; i++)
            {
                if (mine[i] <= mine[i - 1])
                {
                    Assert.Fail($"{mine[i]} was handed out after {mine[i - 1]}.");
                }
            }
        }

        long[] all = [.. threads.SelectMany(mine => mine)];
        Array.Sort(all);
        for (int i = 1; i < all.Length; i++)
        {
            if (all[i] == all[i - 1])
            {
                Assert.Fail($"{all[i]} was handed out twice.");
            }
        }
    }
}
