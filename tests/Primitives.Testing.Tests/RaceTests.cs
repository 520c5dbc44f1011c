using Primitives.Testing;

namespace Primitives.Tests;

public class RaceTests
{
    [Fact]
    public void All_threads_run_at_the_same_time_with_their_own_index_and_generator()
    {
        // Nobody passes the inner barrier unless all eight threads are alive together.
        using var together = new Barrier(8);
        var indexes = new int[8];
        Race.Run(8, thread =>
        {
            together.SignalAndWait();
            indexes[thread.Index] = thread.Random.Next();
        });
        Assert.Equal(Enumerable.Range(0, 8).Select(i => new Random(i + 1).Next()), indexes);
    }

    [Fact]
    public void One_failure_is_rethrown_as_it_was() =>
        Assert.Equal("only one", Assert.Throws<InvalidOperationException>(() => Race.Run(
            () => throw new InvalidOperationException("only one"),
            () => { })).Message);

    [Fact]
    public void Several_failures_are_collected()
    {
        var error = Assert.Throws<AggregateException>(() => Race.Run(4, thread =>
        {
            if (thread.Index != 2)
            {
                throw new InvalidOperationException($"thread {thread.Index}");
            }
        }));
        Assert.Equal(["thread 0", "thread 1", "thread 3"], error.InnerExceptions.Select(inner => inner.Message));
    }

    [Fact]
    public void A_deadlock_times_out_and_says_who_waits_where()
    {
        using var first = new ManualResetEventSlim();
        using var second = new ManualResetEventSlim();
        var error = Assert.Throws<TimeoutException>(() => Race.Run(
            3,
            thread =>
            {
                switch (thread.Index)
                {
                    case 0:
                        thread.At("wait for second");
                        second.Wait();
                        break;
                    case 1:
                        thread.At("wait for first");
                        first.Wait();
                        break;
                }
            },
            timeout: TimeSpan.FromMilliseconds(200)));
        Assert.Contains("race 0: waits, at \"wait for second\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("race 1: waits, at \"wait for first\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("race 2: finished", error.Message, StringComparison.Ordinal);
        first.Set();
        second.Set();
    }

    [Fact]
    public void A_failure_that_leaves_others_waiting_is_reported_with_the_timeout()
    {
        using var never = new ManualResetEventSlim();
        var error = Assert.Throws<TimeoutException>(() => Race.Run(
            2,
            thread =>
            {
                if (thread.Index == 0)
                {
                    throw new InvalidOperationException("the cause");
                }

                never.Wait();
            },
            timeout: TimeSpan.FromMilliseconds(200)));
        Assert.Equal("the cause", error.InnerException?.Message);
        Assert.Contains("race 0: failed: the cause", error.Message, StringComparison.Ordinal);
        never.Set();
    }
}
