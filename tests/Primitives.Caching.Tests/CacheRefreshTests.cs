using Primitives.Testing;

namespace Primitives.Tests;

public class CacheRefreshTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_past_its_refresh_age_is_served_and_loaded_anew_once(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = 10 * Minute, RefreshAfter = Minute }, time);
        var gate = new TaskCompletionSource<int>();
        cache.Set(1, 1);
        time.Advance(Minute);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(1, await cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(gate.Task)));
        }

        Assert.Equal(1, cache.Statistics.Refreshes);
        gate.SetResult(2);
        await Until(() => cache.TryGet(1, out int value) && value == 2);
        Assert.Equal(2, cache.GetOrAdd(1, static _ => 3));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refresh_that_hangs_pins_no_stale_value_and_blocks_nobody(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = 10 * Minute, RefreshAfter = Minute }, time);
        var never = new TaskCompletionSource<int>();
        CancellationToken token = default;
        var started = new TaskCompletionSource();
        cache.Set(1, 1);
        time.Advance(Minute);
        Assert.Equal(1, await cache.GetOrAddAsync(1, (_, cancellationToken) =>
        {
            token = cancellationToken;
            started.SetResult();
            return new ValueTask<int>(never.Task);
        }));
        await started.Task;
        time.Advance(Minute); // as long again: the refresh counts as stuck, and another begins
        Assert.Equal(1, await cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(2)));
        await Until(() => cache.TryGet(1, out int value) && value == 2);
        await Until(() => token.IsCancellationRequested);
        never.SetResult(99);
        Assert.True(cache.TryGet(1, out int last) && last == 2);

        time.Advance(Minute);
        var hanging = new TaskCompletionSource<int>();
        Assert.Equal(2, await cache.GetOrAddAsync(1, (_, _) => new ValueTask<int>(hanging.Task)));
        time.Advance(10 * Minute); // expired while the refresh hangs: the next caller loads for itself
        Assert.Equal(3, await cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(3)));
        hanging.SetResult(98);
        Assert.True(cache.TryGet(1, out last) && last == 3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cancelled_callers_refresh_goes_on(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10, RefreshAfter = Minute }, time);
        cache.Set(1, 1);
        time.Advance(Minute);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        Assert.Equal(1, await cache.GetOrAddAsync(1, static (_, token) => ValueTask.FromResult(token.IsCancellationRequested ? 0 : 2), cancelled.Token));
        await Until(() => cache.TryGet(1, out int value) && value == 2);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_failed_refresh_keeps_the_value_and_is_not_repeated_at_once(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = 10 * Minute, RefreshAfter = Minute }, time);
        cache.Set(1, 1);
        time.Advance(Minute);
        Assert.Equal(1, cache.GetOrAdd(1, static _ => throw new TimeoutException()));
        await Until(() => cache.Statistics.LoadFailures == 1);
        await Until(() => // the failure is noted a moment after it is counted
        {
            Assert.Equal(1, cache.GetOrAdd(1, static _ => throw new TimeoutException()));
            return true;
        });
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, cache.GetOrAdd(1, static _ => 2));
        await Until(() => cache.TryGet(1, out int value) && value == 2);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stale_value_is_served_on_error_for_a_limited_time(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = Minute, StaleOnError = Minute }, time);
        cache.Set(1, 1);
        time.Advance(1.5 * Minute);
        Assert.False(cache.TryGet(1, out _));
        Assert.Equal(1, cache.GetOrAdd(1, static _ => throw new TimeoutException()));
        Assert.Equal(1, cache.Statistics.StaleServed);
        time.Advance(0.6 * Minute);
        Assert.Throws<TimeoutException>(() => cache.GetOrAdd(1, static _ => throw new TimeoutException()));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Early_refresh_follows_the_rule_of_the_paper()
    {
        // P(refresh) = P(-cost * beta * ln(u) >= expiry - now) = exp(-(expiry - now) / (cost * beta)).
        var rule = new RefreshRule(beta: 2, seed: 7);
        foreach (long left in (long[])[100, 1_000, 5_000])
        {
            int due = Enumerable.Range(0, 20_000).Count(i => rule.IsDue(i, long.MaxValue, i + left, loadTicks: 1_000, hash: 5));
            double expected = Math.Exp(-left / 2_000.0);
            Assert.InRange(due / 20_000.0, expected - 0.02, expected + 0.02);
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }
}
