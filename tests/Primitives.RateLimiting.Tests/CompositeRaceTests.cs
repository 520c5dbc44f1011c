namespace Primitives.Tests;

public class CompositeRaceTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Threads_take_from_all_quotas_or_from_none_while_one_of_them_refuses(int threads)
    {
        RateQuota wide = RateQuota.PerDay(100_000);
        using var limiter = new CompositeLimiter([wide, RateQuota.PerDay(20_000), RateQuota.PerHour(60_000)], new ManualTimeProvider());
        long balance = 0;
        Race.Run(threads, thread =>
        {
            long mine = 0;
            for (int i = 0; i < 10_000; i++)
            {
                int permits = 1 + thread.Random.Next(9);
                if (limiter.TryAcquire(permits))
                {
                    mine += permits;
                }
                else if (mine >= 5)
                {
                    limiter.Refund(5);
                    mine -= 5;
                }
            }

            Interlocked.Add(ref balance, mine);
        });

        Assert.InRange(balance, 1, 20_000);
        Assert.Equal(20_000 - balance, limiter.Peek().Remaining);
        limiter.Reconfigure(wide); // what is left of the first alone shows whether refusals took anything from it
        Assert.Equal(100_000 - balance, limiter.Peek().Remaining);
    }
}
