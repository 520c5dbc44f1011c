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

    // ben-manes/caffeine 175, 373: there the old value stays for as long as the refresh hangs.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refresh_that_hangs_is_cancelled_and_replaced_when_its_age_has_passed_again(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CreateRefreshed(kind, time);
        var never = new TaskCompletionSource<int>();
        CancellationToken token = await BeginRefreshAsync(cache, time, never.Task);
        time.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.Equal(1, cache.GetOrAdd(1, static _ => 0)); // not yet
        Assert.Equal(1, cache.Statistics.Refreshes);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, await cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(2)));
        await Until(() => cache.TryGet(1, out int value) && value == 2);
        await Until(() => token.IsCancellationRequested);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refresh_that_hangs_until_the_value_expires_blocks_nobody(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CreateRefreshed(kind, time);
        var never = new TaskCompletionSource<int>();
        CancellationToken token = await BeginRefreshAsync(cache, time, never.Task);
        time.Advance(10 * Minute);
        Assert.Equal(3, await cache.GetOrAddAsync(1, static (_, _) => ValueTask.FromResult(3)));
        Assert.Equal(3, cache.GetOrAdd(1, static _ => 4));
        await Until(() => token.IsCancellationRequested);
    }

    [Theory]
    [InlineData("lru", "set")]
    [InlineData("lru", "remove")]
    [InlineData("lru", "clear")]
    [InlineData("lru", "newer refresh")]
    [InlineData("lfu", "set")]
    [InlineData("lfu", "remove")]
    [InlineData("lfu", "clear")]
    [InlineData("lfu", "newer refresh")]
    public async Task A_refresh_that_comes_back_late_overwrites_nothing_and_brings_nothing_back(string kind, string meanwhile)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CreateRefreshed(kind, time);
        var late = new TaskCompletionSource<int>();
        await BeginRefreshAsync(cache, time, late.Task);
        switch (meanwhile)
        {
            case "set":
                cache.Set(1, 5);
                break;
            case "remove":
                Assert.True(cache.TryRemove(1, out _));
                break;
            case "clear":
                cache.Clear();
                break;
            default:
                time.Advance(Minute);
                cache.GetOrAdd(1, static _ => 5);
                await Until(() => cache.TryGet(1, out int value) && value == 5);
                break;
        }

        long loads = cache.Statistics.Loads;
        late.SetResult(99);
        await Until(() => cache.Statistics.Loads == loads + 1);
        await cache.Idle();
        Assert.Equal(meanwhile is "set" or "newer refresh", cache.TryGet(1, out int last));
        Assert.Equal(meanwhile is "set" or "newer refresh" ? 5 : 0, last);
    }

    // ben-manes/caffeine 120, 1478: there it runs once, or never.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_in_use_is_loaded_anew_each_time_it_is_old_enough(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CreateRefreshed(kind, time);
        for (int round = 1; round <= 20; round++)
        {
            time.Advance(Minute);
            Assert.Equal(round, cache.GetOrAdd(1, round, static (_, round) => round + 1));
            await Until(() => cache.TryGet(1, out int value) && value == round + 1);
            Assert.Equal(round, cache.Statistics.Refreshes);
        }

        Assert.Equal(0, cache.Statistics.Expirations);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refreshed_value_that_may_not_be_stored_is_disposed_of(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, MemoryStream> cache = CacheKinds.Create<int, MemoryStream>(
            kind, new() { Capacity = 10, RefreshAfter = Minute, DisposeValues = true }, time);
        cache.Set(1, new MemoryStream());
        time.Advance(Minute);
        var gate = new TaskCompletionSource<MemoryStream>();
        await cache.GetOrAddAsync(1, (_, _) => new ValueTask<MemoryStream>(gate.Task));
        var current = new MemoryStream();
        cache.Set(1, current);
        var late = new MemoryStream();
        gate.SetResult(late);
        await Until(() => !late.CanRead);
        Assert.True(current.CanRead);
    }

    // ZiggyCreatures/FusionCache 218: a deadlock there.
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
        await cache.Idle(); // the failure is noted a moment after it is counted
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(1, cache.GetOrAdd(1, static _ => throw new TimeoutException()));
        }

        time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.Equal(1, cache.GetOrAdd(1, static _ => throw new TimeoutException()));
        Assert.Equal((1L, 1L), (cache.Statistics.Refreshes, cache.Statistics.LoadFailures)); // a refresh is counted as it begins
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, cache.GetOrAdd(1, static _ => 2));
        await Until(() => cache.TryGet(1, out int value) && value == 2);
        Assert.Equal(2, cache.Statistics.Refreshes);
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

    private static ICache<int, int> CreateRefreshed(string kind, TimeProvider time)
    {
        ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = 10 * Minute, RefreshAfter = Minute }, time);
        cache.Set(1, 1);
        return cache;
    }

    /// <summary>Makes the value old enough, begins a refresh with the task as its result, and gives its token.</summary>
    private static async Task<CancellationToken> BeginRefreshAsync(ICache<int, int> cache, ManualTimeProvider time, Task<int> result)
    {
        var started = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        time.Advance(Minute);
        Assert.Equal(1, await cache.GetOrAddAsync(1, (_, token) =>
        {
            started.SetResult(token);
            return new ValueTask<int>(result);
        }));
        return await started.Task;
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }
}
