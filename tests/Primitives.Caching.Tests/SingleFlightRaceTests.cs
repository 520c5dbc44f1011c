using System.Collections.Concurrent;
using Primitives.Testing;

namespace Primitives.Tests;

public class SingleFlightRaceTests
{
    /// <summary>
    /// Oracle: runs of one key never overlap, and nobody gets an outcome that another caller had seen before it came.
    /// </summary>
    [Fact]
    public void Runs_of_one_key_never_overlap_and_nobody_gets_an_outcome_seen_before_its_call()
    {
        const int Keys = 3;
        var flights = new SingleFlight<int, Run>();
        int[] running = new int[Keys];
        long clock = 0;
        long runs = 0;
        var calls = new ConcurrentBag<(long Came, Run Run)>();
        Race.Run(8, racer =>
        {
            for (int i = 0; i < 3_000; i++)
            {
                int key = racer.Random.Next(Keys);
                int spins = racer.Random.Next(50);
                long came = Interlocked.Increment(ref clock);
                bool yields = racer.Random.Next(4) == 0;
                Run run = flights.RunAsync(key, async (key, _) =>
                {
                    Assert.Equal(1, Interlocked.Increment(ref running[key]));
                    Interlocked.Increment(ref runs);
                    var run = new Run { Key = key };
                    Thread.SpinWait(spins);
                    if (yields)
                    {
                        await Task.Yield();
                    }

                    Interlocked.Decrement(ref running[key]);
                    return run;
                }).GetAwaiter().GetResult();
                run.SeenAt(Interlocked.Increment(ref clock));
                calls.Add((came, run));
                Assert.Equal(key, run.Key);
            }
        });

        Assert.Equal(0, flights.Count);
        Assert.All(calls, call => Assert.True(call.Came < call.Run.FirstSeen, "The outcome is older than the call."));
        Assert.Equal(24_000, calls.Count);
        Assert.Equal(runs, calls.Select(call => call.Run).Distinct().Count());
        Assert.True(runs < calls.Count, "No call was shared.");
    }

    /// <summary>Oracle: a run's token is cancelled only if none of its callers got a value; and no caller that stayed is
    /// ever cancelled or left hanging.</summary>
    [Fact]
    public async Task A_storm_of_cancellations_never_cancels_a_run_somebody_still_waits_for()
    {
        var flights = new SingleFlight<int, Run>();
        var cancelled = new ConcurrentDictionary<Run, bool>();
        var delivered = new ConcurrentDictionary<Run, bool>();
        long stayed = 0;
        Task[] workers = [.. Enumerable.Range(1, 8).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 1_500; i++)
            {
                bool leaves = random.Next(3) > 0;
                using var source = new CancellationTokenSource();
                Task<Run> call = flights.RunAsync(random.Next(2), random.Next(4), async (_, turns, token) =>
                {
                    var run = new Run();
                    for (int turn = 0; turn < turns; turn++)
                    {
                        await Task.Yield();
                    }

                    if (token.IsCancellationRequested)
                    {
                        cancelled[run] = true;
                    }

                    return run;
                }, leaves ? source.Token : CancellationToken.None);
                if (leaves)
                {
                    await source.CancelAsync();
                }

                try
                {
                    delivered[await call] = true;
                }
                catch (OperationCanceledException exception) when (leaves)
                {
                    Assert.Equal(source.Token, exception.CancellationToken); // its own cancellation, not another's
                    continue;
                }

                Interlocked.Add(ref stayed, leaves ? 0 : 1);
            }
        }))];
        await Task.WhenAll(workers);

        Assert.Equal(0, flights.Count);
        Assert.Empty(cancelled.Keys.Intersect(delivered.Keys));
        Assert.True(stayed > 0 && !cancelled.IsEmpty, "The storm did not blow.");
    }

    /// <summary>Oracle: after a write and a Forget, no caller gets what was read before the write.</summary>
    [Fact]
    public void Nobody_who_calls_after_a_forget_gets_what_was_read_before()
    {
        var flights = new SingleFlight<int, long>();
        long version = 0;
        using var done = new CancellationTokenSource();
        Race.Run(5, racer =>
        {
            if (racer.Index == 0)
            {
                for (int i = 0; i < 5_000; i++)
                {
                    Interlocked.Increment(ref version);
                    flights.Forget(0);
                    Assert.True(flights.RunAsync(0, Read).GetAwaiter().GetResult() >= i + 1);
                }

                done.Cancel();
                return;
            }

            while (!done.IsCancellationRequested)
            {
                flights.RunAsync(0, Read).GetAwaiter().GetResult();
            }
        });
        Assert.Equal(0, flights.Count);

        async ValueTask<long> Read(int key, CancellationToken token)
        {
            long read = Volatile.Read(ref version);
            await Task.Yield();
            return read;
        }
    }

    /// <summary>Oracle: every call ends, with a value or with the error; nothing hangs and nothing stays.</summary>
    [Fact]
    public async Task Factories_that_ask_for_each_other_at_random_never_hang()
    {
        var flights = new SingleFlight<int, int>();
        int circles = 0;
        int values = 0;
        Task[] workers = [.. Enumerable.Range(1, 6).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 1_000; i++)
            {
                try
                {
                    await Ask(random.Next(5), depth: 0, random.Next());
                    Interlocked.Increment(ref values);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref circles);
                }
            }
        }))];
        await Task.WhenAll(workers).WaitAsync(Race.DefaultTimeout);

        Assert.Equal(6_000, circles + values);
        Assert.True(circles > 0 && values > 0);
        Assert.Equal(0, flights.Count);

        Task<int> Ask(int key, int depth, int seed) => flights.RunAsync(key, async (_, _) =>
        {
            await Task.Yield();
            var random = new Random(seed);
            int sum = 1;
            for (int i = random.Next(3); i > 0 && depth < 3; i--)
            {
                sum += await Ask(random.Next(5), depth + 1, random.Next());
            }

            return sum;
        });
    }

    private sealed class Run
    {
        private long _firstSeen = long.MaxValue;

        public int Key { get; init; }

        public long FirstSeen => Volatile.Read(ref _firstSeen);

        public void SeenAt(long time)
        {
            long known = FirstSeen;
            while (time < known)
            {
                known = Interlocked.CompareExchange(ref _firstSeen, time, known);
            }
        }
    }
}
