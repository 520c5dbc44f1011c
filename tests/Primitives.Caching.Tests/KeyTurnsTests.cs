namespace Primitives.Tests;

public class KeyTurnsTests
{
    /// <summary>Oracle: never two inside for one key, nobody left waiting, and no key kept that nobody uses.</summary>
    [Fact]
    public async Task One_at_a_time_for_each_key_through_a_storm_of_cancellations()
    {
        var turns = new KeyTurns<int>(null);
        int[] inside = new int[3];
        int entered = 0;
        int gaveUp = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 1_000; i++)
            {
                int key = random.Next(3);
                using var source = new CancellationTokenSource();
                Task enter = turns.EnterAsync(key, source.Token).AsTask();
                if (random.Next(3) == 0)
                {
                    await source.CancelAsync();
                }

                try
                {
                    await enter;
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref gaveUp);
                    continue;
                }

                Assert.Equal(1, Interlocked.Increment(ref inside[key]));
                await Task.Yield();
                Interlocked.Decrement(ref inside[key]);
                Interlocked.Increment(ref entered);
                turns.Leave(key);
            }
        })));

        Assert.Equal(8_000, entered + gaveUp);
        Assert.True(gaveUp > 0);
        Assert.Equal(0, turns.Count);
    }

    [Fact]
    public async Task Turns_come_in_the_order_of_asking()
    {
        var turns = new KeyTurns<string>(StringComparer.OrdinalIgnoreCase);
        await turns.EnterAsync("a", default);
        var order = new List<int>();
        Task[] waiting = [.. Enumerable.Range(0, 5).Select(async i =>
        {
            await turns.EnterAsync(i % 2 == 0 ? "a" : "A", default);
            order.Add(i);
            turns.Leave("a");
        })];
        turns.Leave("a");
        await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3, 4], order);
    }
}
