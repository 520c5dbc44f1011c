using Primitives.Testing;

namespace Primitives.Tests;

public class CacheSurfaceTests
{
    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_set_is_found_replaced_and_removed(string kind)
    {
        using ICache<string, int> cache = CacheKinds.Create<string, int>(kind, new() { Capacity = 10 });
        Assert.False(cache.TryGet("a", out _));
        Assert.True(cache.Set("a", 1));
        Assert.True(cache.Set("b", 2));
        Assert.True(cache.Set("a", 3));
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(3, value);
        Assert.Equal(2, cache.Count);
        Assert.Equal([new("a", 3), new("b", 2)], cache.OrderBy(pair => pair.Key));
        Assert.True(cache.TryRemove("a", out int removed));
        Assert.Equal(3, removed);
        Assert.False(cache.TryRemove("a", out _));
        cache.Clear();
        Assert.Empty(cache);
        Assert.Equal(0, cache.Weight);
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Statistics_count_what_happened(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 2 });
        cache.TryGet(1, out _);
        cache.GetOrAdd(1, static key => key);
        cache.GetOrAdd(1, static key => key);
        cache.TryGet(1, out _);
        cache.GetOrAdd(2, static key => key);
        cache.GetOrAdd(3, static key => key);
        Assert.ThrowsAny<InvalidOperationException>(() => cache.GetOrAdd(4, static _ => throw new InvalidOperationException()));
        CacheStatistics statistics = cache.Statistics;
        Assert.Equal((2, 5, 3, 1, 1), (statistics.Hits, statistics.Misses, statistics.Loads, statistics.LoadFailures, statistics.Evictions));
        Assert.Equal(2.0 / 7, statistics.HitRatio);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_entry_heavier_than_the_capacity_is_refused_and_evicts_nobody(string kind)
    {
        using ICache<string, string> cache = CacheKinds.Create<string, string>(
            kind, new() { Capacity = 10, Weigher = static (_, value) => value.Length });
        cache.Set("a", "1234");
        cache.Set("b", "1234");
        Assert.False(cache.Set("c", new string('x', 11)));
        Assert.True(cache.TryGet("a", out _) && cache.TryGet("b", out _));
        Assert.False(cache.Set("a", new string('x', 11)));
        Assert.False(cache.TryGet("a", out _)); // the former value would be stale
        Assert.Equal(new string('x', 12), cache.GetOrAdd("d", static _ => new string('x', 12)));
        Assert.Equal(4, cache.Weight);
        Assert.Equal(3, cache.Statistics.Rejections);
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_entry_just_added_is_always_there(string kind)
    {
        foreach (long capacity in (long[])[1, 2, 3, 100])
        {
            using ICache<int, int> cache = CacheKinds.Create<int, int>(
                kind, new() { Capacity = capacity, Weigher = (key, _) => 1 + (key % (int)capacity) });
            for (int key = 0; key < 1_000; key++)
            {
                Assert.True(cache.Set(key, key));
                Assert.True(cache.TryGet(key, out int value) && value == key);
                Assert.InRange(cache.Weight, 1, capacity);
            }

            cache.AssertIntegrity();
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lowering_the_capacity_and_trimming_evict_at_once(string kind)
    {
        List<CacheRemovalReason> reasons = [];
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 100, OnRemoved = (_, _, reason) => reasons.Add(reason) });
        for (int key = 0; key < 100; key++)
        {
            cache.Set(key, key);
        }

        cache.Capacity = 10;
        Assert.Equal((10, 10L), (cache.Count, cache.Weight));
        cache.Trim(3);
        Assert.Equal(3, cache.Count);
        cache.Capacity = 1_000;
        for (int key = 0; key < 2_000; key++)
        {
            cache.Set(key, key);
        }

        Assert.Equal(1_000, cache.Count);
        Assert.All(reasons.Take(97), reason => Assert.Equal(CacheRemovalReason.Evicted, reason));
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Keys_with_terrible_hash_codes_work(string kind)
    {
        using ICache<Terrible, int> cache = CacheKinds.Create<Terrible, int>(kind, new() { Capacity = 50 });
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(i, cache.GetOrAdd(new Terrible(i), static key => key.Number));
            Assert.True(cache.TryGet(new Terrible(i), out int value) && value == i);
        }

        Assert.Equal(50, cache.Count);
        Assert.All(cache, pair => Assert.Equal(pair.Key.Number, pair.Value));
        cache.AssertIntegrity();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Text_is_found_by_spans(string kind)
    {
        foreach (IEqualityComparer<string>? comparer in (IEqualityComparer<string>?[])[null, StringComparer.Ordinal, StringComparer.OrdinalIgnoreCase])
        {
            using ICache<string, int> cache = CacheKinds.Create<string, int>(kind, new() { Capacity = 100, Comparer = comparer });
            for (int i = 0; i < 40; i++)
            {
                cache.Set(new string('k', i), i);
            }

            for (int i = 0; i < 40; i++)
            {
                Assert.True(Find(cache, new string('k', i), out int value) && value == i);
                Assert.False(Find(cache, new string('j', i + 1), out _));
            }

            Assert.Equal(ReferenceEquals(comparer, StringComparer.OrdinalIgnoreCase), Find(cache, "KKK", out _));
        }
    }

    [Fact]
    public void A_comparer_that_knows_no_spans_says_so()
    {
        var cache = new LfuCache<string, int>(10, new Terrible.Comparer());
        Assert.Throws<NotSupportedException>(() => cache.TryGet("a".AsSpan(), out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_hit_allocates_nothing(string kind)
    {
        using ICache<int, string> cache = CacheKinds.Create<int, string>(
            kind, new() { Capacity = 100, ExpireAfterAccess = TimeSpan.FromHours(1), ExpireAfterWrite = TimeSpan.FromHours(1) });
        using ICache<string, string> plain = CacheKinds.Create<string, string>(kind, new() { Capacity = 100 });
        cache.Set(1, "one");
        plain.Set("one", "1");
        Allocation.AssertNone(() => cache.TryGet(1, out _));
        Allocation.AssertNone(() => plain.TryGet("one", out _));
        Allocation.AssertNone(() => Find(plain, "one", out _));
        Allocation.AssertNone(() => plain.GetOrAdd("one", 0, static (_, _) => "1"));
        Allocation.AssertNone(() => cache.GetOrAdd(1, 0, static (_, _) => "1"));
        Allocation.AssertNone(() =>
        {
            ValueTask<string> task = plain.GetOrAddAsync("one", 0, static (_, _, _) => ValueTask.FromResult("1"));
            Assert.True(task.IsCompletedSuccessfully);
        });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Notifications_have_their_reason_run_outside_the_lock_and_may_throw(string kind)
    {
        List<(int, string, CacheRemovalReason)> seen = [];
        var time = new ManualTimeProvider();
        ICache<int, string>? cache = null;
        cache = CacheKinds.Create<int, string>(
            kind,
            new()
            {
                Capacity = 2,
                ExpireAfterWrite = TimeSpan.FromMinutes(1),
                OnRemoved = (key, value, reason) =>
                {
                    seen.Add((key, value, reason));
                    Race.Run(() => cache!.Trim(100)); // on another thread: it would hang under a lock
                    throw new InvalidOperationException("contained");
                },
            },
            time);
        cache.Set(1, "a");
        cache.Set(1, "b");
        Assert.Equal((1, "a", CacheRemovalReason.Replaced), seen[0]);
        cache.TryRemove(1, out _);
        Assert.Contains((1, "b", CacheRemovalReason.Removed), seen);
        cache.Set(5, "e");
        time.Advance(TimeSpan.FromMinutes(1.1));
        Assert.Contains((5, "e", CacheRemovalReason.Expired), seen);
        cache.Set(6, "f");
        cache.Clear();
        Assert.Contains((6, "f", CacheRemovalReason.Cleared), seen);
        for (int key = 10; key < 20; key++)
        {
            cache.Set(key, "x");
        }

        Assert.Contains(CacheRemovalReason.Evicted, seen.Select(item => item.Item3));
        Assert.Equal(seen.Count, cache.Statistics.NotificationFailures);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_disposed_cache_is_empty_and_stores_nothing(string kind)
    {
        var time = new ManualTimeProvider();
        ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10, ExpireAfterWrite = TimeSpan.FromMinutes(1) }, time);
        cache.Set(1, 1);
        Assert.Equal(1, time.ArmedTimers);
        cache.Dispose();
        cache.Dispose();
        Assert.Equal(0, time.ArmedTimers);
        Assert.False(cache.Set(1, 1));
        Assert.Equal(7, cache.GetOrAdd(1, static _ => 7));
        Assert.False(cache.TryGet(1, out _));
        Assert.Empty(cache);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rejects_bad_arguments(string kind)
    {
        Assert.Throws<ArgumentOutOfRangeException>("options", () => CacheKinds.Create<int, int>(kind, new()));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => CacheKinds.Create<int, int>(kind, new() { Capacity = 1, ExpirationJitter = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => CacheKinds.Create<int, int>(kind, new() { Capacity = 1, ExpirationJitter = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => CacheKinds.Create<int, int>(kind, new() { Capacity = 1, EarlyRefreshBeta = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => CacheKinds.Create<int, int>(kind, new() { Capacity = 1, ExpireAfterAccess = TimeSpan.Zero }));
        using ICache<string, int> cache = CacheKinds.Create<string, int>(kind, new() { Capacity = 1, Weigher = static (_, value) => value });
        Assert.Throws<ArgumentNullException>("key", () => cache.TryGet(null!, out _));
        Assert.Throws<ArgumentNullException>("key", () => cache.Set(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => cache.GetOrAdd(null!, static _ => 1));
        Assert.Throws<ArgumentNullException>("factory", () => cache.GetOrAdd("a", null!));
        Assert.Throws<InvalidOperationException>(() => cache.Set("a", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Set("a", 1, new() { ExpireAfterWrite = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>("weight", () => cache.Trim(-1));
        Assert.Throws<ArgumentOutOfRangeException>("value", () => cache.Capacity = 0);
    }

    private static bool Find(ICache<string, int> cache, ReadOnlySpan<char> key, out int value) =>
        cache is LruCache<string, int> lru ? lru.TryGet(key, out value) : ((LfuCache<string, int>)cache).TryGet(key, out value);

    private static bool Find(ICache<string, string> cache, ReadOnlySpan<char> key, out string? value) =>
        cache is LruCache<string, string> lru ? lru.TryGet(key, out value) : ((LfuCache<string, string>)cache).TryGet(key, out value);

    private sealed record Terrible(int Number)
    {
        public override int GetHashCode() => 42;

        public sealed class Comparer : IEqualityComparer<string>
        {
            public bool Equals(string? x, string? y) => x == y;

            public int GetHashCode(string obj) => 0;
        }
    }
}
