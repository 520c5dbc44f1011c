using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Options;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The same sentences about the platform's in-memory distributed cache and about ours.</summary>
public class DistributedCacheContractTests
{
    private readonly ManualTimeProvider _time = new();

    public enum Kind
    {
        Platform,
        Lfu,
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public async Task Gives_back_what_was_set_until_it_is_removed(Kind kind)
    {
        IDistributedCache cache = Create(kind);
        Assert.Null(cache.Get("a"));
        Assert.Null(await cache.GetAsync("a"));
        cache.Set("a", [1, 2, 3], new DistributedCacheEntryOptions());
        Assert.Equal([1, 2, 3], cache.Get("a"));
        await cache.SetAsync("a", [], new DistributedCacheEntryOptions());
        Assert.Empty((await cache.GetAsync("a"))!);
        await cache.SetStringAsync("b", "text");
        Assert.Equal("text", await cache.GetStringAsync("b"));
        cache.Remove("a");
        await cache.RemoveAsync("b");
        await cache.RemoveAsync("never there");
        Assert.Null(cache.Get("a"));
        Assert.Null(cache.Get("b"));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void Expires_at_the_time_given_in_any_form(Kind kind)
    {
        IDistributedCache cache = Create(kind);
        cache.Set("relative", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) });
        cache.Set("absolute", [1], new() { AbsoluteExpiration = _time.GetUtcNow() + TimeSpan.FromMinutes(1) });
        cache.Set("for ever", [1], new());
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.All(["relative", "absolute", "for ever"], key => Assert.NotNull(cache.Get(key)));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.All(["relative", "absolute"], key => Assert.Null(cache.Get(key)));
        _time.Advance(TimeSpan.FromDays(3650));
        Assert.NotNull(cache.Get("for ever"));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public async Task A_sliding_expiration_begins_anew_with_each_read_and_refresh_up_to_the_absolute_one(Kind kind)
    {
        IDistributedCache cache = Create(kind);
        cache.Set("a", [1], new() { SlidingExpiration = TimeSpan.FromMinutes(1), AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(3) });
        cache.Set("b", [1], new() { SlidingExpiration = TimeSpan.FromMinutes(1) });
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(i < 4, cache.Get("a") is not null);
            cache.Refresh("b");
            await cache.RefreshAsync("b");
            _time.Advance(TimeSpan.FromSeconds(44));
        }

        Assert.NotNull(cache.Get("a"));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(cache.Get("a")); // 181 s, though read 5 s ago
        Assert.NotNull(cache.Get("b"));
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(cache.Get("b"));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void An_entry_that_is_over_when_it_is_set_replaces_the_old_one_by_nothing(Kind kind)
    {
        IDistributedCache cache = Create(kind);
        cache.Set("a", [1], new());
        cache.Set("a", [2], new() { AbsoluteExpiration = _time.GetUtcNow() - TimeSpan.FromSeconds(1) });
        Assert.Null(cache.Get("a"));
    }

    [Theory]
    [InlineData(Kind.Platform)]
    [InlineData(Kind.Lfu)]
    public void Refuses_null(Kind kind)
    {
        IDistributedCache cache = Create(kind);
        Assert.Throws<ArgumentNullException>("key", () => cache.Get(null!));
        Assert.Throws<ArgumentNullException>("key", () => cache.Set(null!, [], new()));
        Assert.Throws<ArgumentNullException>("value", () => cache.Set("a", null!, new()));
        Assert.Throws<ArgumentNullException>("options", () => cache.Set("a", [], null!));
        Assert.Throws<ArgumentNullException>("key", () => cache.Remove(null!));
        Assert.Throws<ArgumentNullException>("key", () => cache.Refresh(null!));
    }

    [Fact]
    public void Nobody_can_change_what_others_get_unlike_in_the_platforms()
    {
        byte[] mine = [1, 2, 3];
        foreach (Kind kind in Enum.GetValues<Kind>())
        {
            IDistributedCache cache = Create(kind);
            cache.Set("a", mine, new());
            cache.Get("a")![0] = 9;
            Assert.Equal(kind == Kind.Platform ? 9 : 1, cache.Get("a")![0]);
            mine = [1, 2, 3];
        }
    }

    [Fact]
    public async Task Writes_into_the_callers_buffer_and_takes_sequences()
    {
        using var cache = new LfuDistributedCache(10_000, _time);
        var first = new Segment([1, 2]);
        var sequence = new ReadOnlySequence<byte>(first, 0, first.Append([3]), 1);
        cache.Set("a", sequence, new());
        await cache.SetAsync("b", sequence, new());
        var buffer = new ArrayBufferWriter<byte>();
        Assert.True(cache.TryGet("a", buffer));
        Assert.True(await cache.TryGetAsync("b", buffer));
        Assert.False(cache.TryGet("c", buffer));
        Assert.Equal([1, 2, 3, 1, 2, 3], buffer.WrittenSpan.ToArray());
        Assert.Throws<ArgumentNullException>("destination", () => cache.TryGet("a", null!));
    }

    [Fact]
    public async Task Counts_every_byte_never_exceeds_its_bound_and_refuses_what_is_too_large_alone()
    {
        using var cache = new LfuDistributedCache(10_000, _time);
        cache.Set("abc", new byte[100], new());
        Assert.Equal((3 * 2) + 100 + LfuDistributedCache.EntryOverhead, cache.Bytes);
        var random = new Random(1);
        for (int i = 0; i < 1_000; i++)
        {
            cache.Set($"{i}", new byte[random.Next(2_000)], new());
            Assert.NotNull(cache.Get($"{i}")); // what was just set is there
            Assert.InRange(cache.Bytes, 1, 10_000);
        }

        long before = cache.Count;
        cache.Set("huge", new byte[10_000], new());
        Assert.Null(cache.Get("huge"));
        Assert.Equal(before, cache.Count);
        cache.Clear();
        Assert.Equal((0, 0L), (cache.Count, cache.Bytes));
        var cancelled = new CancellationToken(true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.SetAsync("x", [1], new(), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.GetAsync("x", cancelled));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new LfuDistributedCache(0));
    }

    [Fact]
    public void Entries_expire_on_time_though_nobody_calls()
    {
        using var cache = new LfuDistributedCache(10_000, _time);
        cache.Set("a", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) });
        cache.Set("b", [1], new() { SlidingExpiration = TimeSpan.FromMinutes(1) });
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((0, 0L), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Threads_that_do_everything_at_once_never_see_torn_values_or_an_exceeded_bound()
    {
        using var cache = new LfuDistributedCache(20_000, _time);
        Race.Run(4, racer =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                string key = $"{racer.Random.Next(50)}";
                switch (racer.Random.Next(4))
                {
                    case 0:
                        cache.Set(key, [.. Enumerable.Repeat((byte)i, racer.Random.Next(1, 500))], new() { SlidingExpiration = TimeSpan.FromSeconds(5) });
                        break;
                    case 1:
                        cache.Remove(key);
                        break;
                    default:
                        byte[]? value = cache.Get(key);
                        Assert.True(value is null || value.All(b => b == value[0]));
                        break;
                }

                Assert.InRange(cache.Bytes, 0, 20_000);
            }
        });
    }

    private IDistributedCache Create(Kind kind) => kind == Kind.Lfu
        ? new LfuDistributedCache(1_000_000, _time)
        : new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { Clock = new Clock(_time), ExpirationScanFrequency = TimeSpan.FromTicks(1) }));

    private sealed class Clock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes) => Memory = bytes;

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
