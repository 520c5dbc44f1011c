using Primitives.Testing;

namespace Primitives.Tests;

public class CacheExpiryTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);
    private static readonly TimeSpan WheelTick = TimeSpan.FromSeconds(1.0 / 64);

    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void After_write_and_after_access_combine_to_the_tick(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = 3 * Minute, ExpireAfterAccess = Minute }, time);
        cache.Set(1, 1);
        cache.Set(2, 2);
        time.Advance(Minute - Instant);
        Assert.True(cache.TryGet(1, out _));
        time.Advance(Instant);
        Assert.False(cache.TryGet(2, out _));
        time.Advance(Minute - (2 * Instant));
        Assert.True(cache.TryGet(1, out _));
        time.Advance(Minute - Instant);
        Assert.True(cache.TryGet(1, out _));
        time.Advance(3 * Instant); // three minutes since it was written, read a moment ago
        Assert.False(cache.TryGet(1, out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Entries_leave_on_time_when_nobody_calls(string kind)
    {
        List<int> expired = [];
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 1_000, OnRemoved = (key, _, reason) => expired.Add(reason == CacheRemovalReason.Expired ? key : -1) }, time);
        for (int key = 0; key < 500; key++)
        {
            cache.Set(key, key, new CacheEntryOptions { ExpireAfterWrite = TimeSpan.FromSeconds(1 + (key * key)) });
        }

        for (int key = 0; key < 500; key++)
        {
            time.Advance(TimeSpan.FromSeconds(1 + (key == 0 ? 0 : (2 * key) - 1)) - (key == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1)));
            time.Advance(WheelTick);
            Assert.Equal(key + 1, expired.Count);
            Assert.Equal(key, expired[^1]);
            time.AdvanceTimestamp(TimeSpan.Zero);
        }

        Assert.Equal(0, cache.Count);
        Assert.Equal(0, time.ArmedTimers);
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_entrys_own_lifetime_wins_and_may_be_endless(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10, ExpireAfterWrite = Minute }, time);
        cache.Set(1, 1, new() { ExpireAfterWrite = Timeout.InfiniteTimeSpan });
        cache.Set(2, 2, new() { ExpireAfterWrite = 2 * Minute });
        cache.Set(3, 3);
        time.Advance(1.5 * Minute);
        Assert.Equal([1, 2], cache.Select(pair => pair.Key).Order());
        time.Advance(TimeSpan.FromDays(1_000));
        Assert.Equal([1], cache.Select(pair => pair.Key));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void Jitter_only_shortens_and_spreads()
    {
        var time = new ManualTimeProvider();
        using var cache = new LruCache<int, int>(
            new CacheOptions<int, int> { Capacity = 1_000, ExpireAfterWrite = 100 * Minute, ExpirationJitter = 0.2, Seed = 1 }, time);
        for (int key = 0; key < 1_000; key++)
        {
            cache.Set(key, key);
        }

        time.Advance(80 * Minute);
        Assert.Equal(1_000, cache.Count);
        time.Advance(10 * Minute);
        Assert.InRange(cache.Count, 430, 570);
        time.Advance((10 * Minute) + WheelTick);
        Assert.Equal(0, cache.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Agrees_with_a_model_under_a_random_clock(string kind)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var time = new ManualTimeProvider();
            using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 100 }, time);
            var model = new Dictionary<int, (int Value, TimeSpan Write, TimeSpan Idle, TimeSpan Accessed)>();
            TimeSpan now = TimeSpan.Zero;
            for (int i = 0; i < 2_000; i++)
            {
                int key = random.Next(50);
                bool isLive = model.TryGetValue(key, out var entry) && now < entry.Write && now < entry.Accessed + entry.Idle;
                switch (random.Next(4))
                {
                    case 0:
                        TimeSpan write = TimeSpan.FromMilliseconds(1 + random.Next(5_000));
                        TimeSpan idle = TimeSpan.FromMilliseconds(1 + random.Next(5_000));
                        cache.Set(key, i, new() { ExpireAfterWrite = write, ExpireAfterAccess = idle });
                        model[key] = (i, now + write, idle, now);
                        break;
                    case 1:
                        Assert.Equal(isLive, cache.TryRemove(key, out _));
                        model.Remove(key);
                        break;
                    case 2:
                        var step = TimeSpan.FromMilliseconds(random.Next(200));
                        time.Advance(step);
                        now += step;
                        break;
                    default:
                        Assert.Equal(isLive, cache.TryGet(key, out int value));
                        if (isLive)
                        {
                            Assert.Equal(entry.Value, value);
                            model[key] = entry with { Accessed = now };
                        }

                        break;
                }
            }

            time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(0, cache.Count);
            cache.AssertIntegrity();
        }
    }
}
