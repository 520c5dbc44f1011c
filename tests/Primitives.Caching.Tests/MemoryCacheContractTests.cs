using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The same sentences about the platform's memory cache and about ours.</summary>
public class MemoryCacheContractTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentQueue<(object Key, object? Value, EvictionReason Reason, object? State)> _left = new();

    public enum Kind
    {
        Platform,
        Lfu,
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void Gives_back_what_was_set_until_it_is_removed(Kind kind)
    {
        using IMemoryCache cache = Create(kind);
        object value = new();
        cache.Set("a", value);
        cache.Set(17, "seventeen");
        cache.Set<string?>("null", null);
        Assert.True(cache.TryGetValue("a", out object? found));
        Assert.Same(value, found);
        Assert.Equal("seventeen", cache.Get<string>(17));
        Assert.True(cache.TryGetValue("null", out found));
        Assert.Null(found);
        cache.Remove("a");
        cache.Remove("never there");
        Assert.False(cache.TryGetValue("a", out found));
        Assert.Null(found);
        Assert.Equal(3, cache.GetOrCreate("b", _ => 3));
        Assert.Equal(3, cache.GetOrCreate("b", _ => 4));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void An_entry_without_a_value_is_not_added(Kind kind)
    {
        using IMemoryCache cache = Create(kind);
        cache.Set("a", 1);
        cache.CreateEntry("a").Dispose();
        Assert.Throws<InvalidOperationException>(() => cache.GetOrCreate<int>("b", _ => throw new InvalidOperationException()));
        Assert.Equal(1, cache.Get("a"));
        Assert.False(cache.TryGetValue("b", out _));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void Expires_absolutely_relatively_and_sliding(Kind kind)
    {
        using IMemoryCache cache = Create(kind);
        cache.Set("relative", 1, TimeSpan.FromMinutes(1));
        cache.Set("absolute", 1, _time.GetUtcNow() + TimeSpan.FromMinutes(1));
        cache.Set("sliding", 1, new MemoryCacheEntryOptions { SlidingExpiration = TimeSpan.FromSeconds(40), AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(2) });
        cache.Set("past", 1);
        cache.Set("past", 1, _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.False(cache.TryGetValue("past", out _));
        _time.Advance(TimeSpan.FromSeconds(39));
        Assert.All(["relative", "absolute", "sliding"], key => Assert.True(cache.TryGetValue(key, out _)));
        _time.Advance(TimeSpan.FromSeconds(39));
        Assert.All(["relative", "absolute"], key => Assert.False(cache.TryGetValue(key, out _)));
        Assert.True(cache.TryGetValue("sliding", out _));
        _time.Advance(TimeSpan.FromSeconds(39));
        Assert.True(cache.TryGetValue("sliding", out _));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(cache.TryGetValue("sliding", out _)); // 121 s, though read 4 s ago
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public async Task Tells_why_an_entry_left(Kind kind)
    {
        using IMemoryCache cache = Create(kind);
        using var token = new CancellationTokenSource();
        Add(cache, "removed", 1);
        cache.Remove("removed");
        Add(cache, "replaced", 1);
        Add(cache, "replaced", 2);
        Add(cache, "expired", 1, o => o.AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(2));
        cache.TryGetValue("expired", out _);
        Add(cache, "token", 1, o => o.AddExpirationToken(new CancellationChangeToken(token.Token)));
        await token.CancelAsync();
        Assert.False(cache.TryGetValue("token", out _));
        Add(cache, "token already", 1, o => o.AddExpirationToken(new CancellationChangeToken(token.Token)));
        Assert.False(cache.TryGetValue("token already", out _));

        await Until(() => _left.Count == 5);
        Assert.Equal(
            [
                ("expired", 1, EvictionReason.Expired, "state"),
                ("removed", 1, EvictionReason.Removed, "state"),
                ("replaced", 1, EvictionReason.Replaced, "state"),
                ("token", 1, EvictionReason.TokenExpired, "state"),
                ("token already", 1, EvictionReason.TokenExpired, "state"),
            ],
            _left.OrderBy(left => (string)left.Key, StringComparer.Ordinal));
        Assert.Equal(2, cache.Get("replaced"));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void A_token_that_must_be_asked_is_asked_on_each_read(Kind kind)
    {
        using IMemoryCache cache = Create(kind);
        var token = new PolledToken();
        Add(cache, "a", 1, o => o.AddExpirationToken(token));
        Assert.True(cache.TryGetValue("a", out _));
        token.HasChanged = true;
        Assert.False(cache.TryGetValue("a", out _));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void Refuses_what_is_wrong(Kind kind)
    {
        IMemoryCache cache = Create(kind);
        Assert.Throws<ArgumentNullException>("key", () => cache.TryGetValue(null!, out _));
        Assert.Throws<ArgumentNullException>("key", () => cache.CreateEntry(null!));
        Assert.Throws<ArgumentNullException>("key", () => cache.Remove(null!));
        ICacheEntry entry = cache.CreateEntry("a");
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.AbsoluteExpirationRelativeToNow = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.SlidingExpiration = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.Size = -1);
        cache.Dispose();
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cache.TryGetValue("a", out _));
        Assert.Throws<ObjectDisposedException>(() => cache.CreateEntry("a"));
    }

    [Fact]
    public void Never_drops_the_entry_just_added_unlike_the_platforms()
    {
        const int Limit = 1_000;
        using var platform = new MemoryCache(new MemoryCacheOptions { SizeLimit = Limit });
        using var lfu = new LfuMemoryCache(Limit);
        int dropped = 0;
        for (int i = 0; i < 20 * Limit; i++)
        {
            platform.Set(i, i, new MemoryCacheEntryOptions { Size = 1 });
            dropped += platform.TryGetValue(i, out _) ? 0 : 1;
            lfu.Set(i, i, new MemoryCacheEntryOptions { Size = 1 });
            Assert.True(lfu.TryGetValue(i, out _));
            Assert.InRange(lfu.GetCurrentStatistics()!.CurrentEstimatedSize!.Value, 1, Limit);
        }

        Assert.True(dropped > 0, "The platform's cache keeps up now."); // usually nearly all, but it depends on the machine
    }

    [Fact]
    public void Entries_of_different_sizes_are_there_after_they_were_added_while_the_bound_holds()
    {
        using var cache = new LfuMemoryCache(1_000);
        var random = new Random(1);
        for (int i = 0; i < 5_000; i++)
        {
            int key = random.Next(100);
            cache.Set(key, i, new MemoryCacheEntryOptions { Size = random.Next(1_001) });
            Assert.Equal(i, cache.Get(key));
            Assert.InRange(cache.GetCurrentStatistics()!.CurrentEstimatedSize!.Value, 1, 1_000);
        }
    }

    [Fact]
    public async Task Only_an_entry_larger_than_the_limit_is_refused_and_no_other_gives_way()
    {
        using var cache = new LfuMemoryCache(10);
        cache.Set("small", 1);
        cache.Set("large", 1);
        Add(cache, "large", 2, o => o.Size = 11);
        Assert.False(cache.TryGetValue("large", out _)); // the old value is gone all the same
        Assert.True(cache.TryGetValue("small", out _));
        await Until(() => _left.Count == 1);
        Assert.Equal(("large", 2, EvictionReason.Capacity, "state"), _left.Single());
    }

    [Fact]
    public async Task An_entry_never_to_be_removed_stays_whatever_comes_and_leaves_by_removal_or_time()
    {
        using var cache = new LfuMemoryCache(10, _time);
        Add(cache, "pinned", 1, o => o.SetPriority(CacheItemPriority.NeverRemove));
        Add(cache, "pinned for a while", 1, o => o.SetPriority(CacheItemPriority.NeverRemove).SetAbsoluteExpiration(TimeSpan.FromMinutes(1)));
        for (int i = 0; i < 1_000; i++)
        {
            cache.Set(i, i);
        }

        Assert.Equal(1, cache.Get("pinned"));
        Assert.Equal(12, cache.Count);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(cache.TryGetValue("pinned for a while", out _));
        Add(cache, "pinned", 2); // an ordinary entry takes its place
        Assert.Equal(2, cache.Get("pinned"));
        Assert.Equal(10, cache.Count);
        await Until(() => _left.Count >= 2);
        Assert.Contains(("pinned", 1, EvictionReason.Replaced, "state"), _left);
        cache.Remove("pinned");
        Assert.False(cache.TryGetValue("pinned", out _));
    }

    [Fact]
    public async Task Entries_expire_on_time_though_nobody_calls()
    {
        using var cache = new LfuMemoryCache(10, _time);
        Add(cache, "a", 1, o => o.AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromMinutes(2));
        await Until(() => !_left.IsEmpty);
        Assert.Equal(EvictionReason.Expired, _left.Single().Reason);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Counts_what_it_did()
    {
        using var cache = new LfuMemoryCache(10);
        cache.Set("a", 1, new MemoryCacheEntryOptions { Size = 4 });
        cache.TryGetValue("a", out _);
        cache.TryGetValue("b", out _);
        MemoryCacheStatistics statistics = cache.GetCurrentStatistics()!;
        Assert.Equal((1, 4, 1, 1), (statistics.CurrentEntryCount, statistics.CurrentEstimatedSize, statistics.TotalHits, statistics.TotalMisses));
        cache.Clear();
        Assert.Equal(0, cache.Count);
        Assert.Throws<ArgumentOutOfRangeException>("sizeLimit", () => new LfuMemoryCache(0));
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        using var cache = new LfuMemoryCache(10);
        cache.Set("a", "value");
        Allocation.AssertNone(() => cache.TryGetValue("a", out _));
    }

    /// <summary>Oracle: each entry that was added leaves exactly once, or is still there.</summary>
    [Fact]
    public async Task In_a_storm_every_entry_leaves_once_and_tokens_take_only_their_own()
    {
        using var cache = new LfuMemoryCache(50);
        int[] callbacks = new int[8 * 2_000];
        Race.Run(8, racer =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                int id = (racer.Index * 2_000) + i;
                object key = racer.Random.Next(80);
                using (ICacheEntry entry = cache.CreateEntry(key))
                {
                    using var source = new CancellationTokenSource();
                    entry.Value = id;
                    entry.RegisterPostEvictionCallback((_, value, _, _) => Interlocked.Increment(ref callbacks[(int)value!]));
                    if (racer.Random.Next(3) == 0)
                    {
                        entry.AddExpirationToken(new CancellationChangeToken(source.Token));
                        entry.Dispose();
                        source.Cancel();
                        continue;
                    }

                    entry.Priority = racer.Random.Next(10) == 0 ? CacheItemPriority.NeverRemove : CacheItemPriority.Normal;
                }

                if (racer.Random.Next(5) == 0)
                {
                    cache.Remove(key);
                }
            }
        });
        int left = cache.Count;
        await Until(() => callbacks.Count(count => count > 0) == callbacks.Length - left);
        cache.Clear();
        await Until(() => callbacks.All(count => count > 0));
        Assert.All(callbacks, count => Assert.Equal(1, count));
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }

    private void Add(IMemoryCache cache, object key, object value, Action<MemoryCacheEntryOptions>? change = null)
    {
        var options = new MemoryCacheEntryOptions { Size = 1 };
        change?.Invoke(options);
        options.RegisterPostEvictionCallback((key, value, reason, state) => _left.Enqueue((key, value, reason, state)), "state");
        cache.Set(key, value, options);
    }

    private IMemoryCache Create(Kind kind) => kind == Kind.Lfu
        ? new LfuMemoryCache(1_000, _time)
        : new MemoryCache(Options.Create(new MemoryCacheOptions { Clock = new Clock(_time), ExpirationScanFrequency = TimeSpan.FromTicks(1) }));

    private sealed class Clock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }

    private sealed class PolledToken : IChangeToken
    {
        public bool HasChanged { get; set; }

        public bool ActiveChangeCallbacks => false;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) => throw new InvalidOperationException();
    }
}
