using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Defects that users of other caches reported, each of which would be seen here.</summary>
public class CachePeerDefectTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Kinds => CacheKinds.All;

    public static TheoryData<string, int> KindsAndCapacities => new()
    {
        { "lru", 1 }, { "lru", 2 }, { "lru", 3 }, { "lru", 100 },
        { "lfu", 1 }, { "lfu", 2 }, { "lfu", 3 }, { "lfu", 100 },
    };

    // dotnet/runtime 42624, 61495, 97962, 119503; dgraph-io/ristretto 102, 161.
    [Theory]
    [MemberData(nameof(KindsAndCapacities))]
    public void What_has_just_been_set_is_found_however_full_the_cache_is(string kind, int capacity)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = capacity });
        for (int key = 0; key < 20_000; key++)
        {
            cache.Set(key, key);
            Assert.True(cache.TryGet(key, out int value) && value == key);
            Assert.InRange(cache.Count, 1, capacity);
        }
    }

    // bitfaster/BitFaster.Caching 323.
    [Theory]
    [MemberData(nameof(KindsAndCapacities))]
    public void Factories_that_fail_evict_nobody(string kind, int capacity)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = capacity });
        for (int key = 0; key < capacity; key++)
        {
            cache.Set(key, key);
        }

        for (int key = 1_000; key < 2_000; key++)
        {
            Assert.Throws<TimeoutException>(() => cache.GetOrAdd(key, static _ => throw new TimeoutException()));
        }

        Assert.Equal(Enumerable.Range(0, capacity), cache.Select(pair => pair.Key).Order());
        Assert.Equal(0, cache.Statistics.Evictions);
    }

    // bitfaster/BitFaster.Caching 688.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_load_that_fails_when_all_have_left_is_no_unobserved_exception(string kind)
    {
        int unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs e) =>
            unobserved += e.Exception.Flatten().InnerExceptions.Any(inner => inner is AbandonedException) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            await FailAlone(kind);
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }

        Assert.Equal(0, unobserved);

        static async Task FailAlone(string kind)
        {
            using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
            using var leave = new CancellationTokenSource();
            var gate = new TaskCompletionSource();
            Task<int> waiting = cache.GetOrAddAsync(1, async (_, _) =>
            {
                await gate.Task;
                throw new AbandonedException();
            }, leave.Token).AsTask();
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            gate.SetResult();
            while (cache.Statistics.LoadFailures == 0)
            {
                await Task.Yield();
            }
        }
    }

    // bitfaster/BitFaster.Caching 684: an error there.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_factory_sets_the_lifetime_and_still_runs_once(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10, ExpireAfterAccess = 100 * Minute }, time);
        var gate = new TaskCompletionSource();
        int calls = 0;
        Task<CacheLookup<int>>[] all = [.. Enumerable.Range(0, 64).Select(_ => cache.TryGetOrAddAsync(1, 0, async (_, _, _) =>
        {
            calls++;
            await gate.Task;
            return CacheResult<int>.Store(7, Minute);
        }).AsTask())];
        gate.SetResult();
        Assert.All(await Task.WhenAll(all), lookup => Assert.Equal(7, lookup.Value));
        Assert.Equal(1, calls);
        time.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.True(cache.TryGet(1, out _));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(cache.TryGet(1, out _));
    }

    // bitfaster/BitFaster.Caching 817: a NullReferenceException there.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Trimming_while_entries_are_replaced_breaks_nothing(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 16 });
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (thread.Index == 0)
                {
                    cache.Trim(i % 16);
                }
                else
                {
                    cache.Set(i % 16, i);
                }
            }
        });
        cache.AssertIntegrity();
        cache.Trim(0);
        Assert.Equal((0, 0L), (cache.Count, cache.Weight));
    }

    // bitfaster/BitFaster.Caching 399, 402, 488: entries added meanwhile are left behind or counted for ever.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Clearing_while_entries_come_tells_of_each_of_them_once(string kind)
    {
        int told = 0;
        int made = 0;
        using ICache<int, object> cache = CacheKinds.Create<int, object>(
            kind, new() { Capacity = 64, OnRemoved = (_, _, _) => Interlocked.Increment(ref told) });
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (thread.Index == 0 && i % 10 == 0)
                {
                    cache.Clear();
                }
                else
                {
                    cache.Set(thread.Random.Next(100), new object());
                    Interlocked.Increment(ref made);
                }
            }
        });
        cache.AssertIntegrity();
        cache.Clear();
        Assert.Equal((0, 0L), (cache.Count, cache.Weight));
        Assert.Equal(made, told);
    }

    // dotnet/AspNetCore.Docs 18332, dotnet/extensions 7323, ben-manes/caffeine 429, 452.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_entry_goes_on_time_though_nobody_calls(string kind)
    {
        var time = new ManualTimeProvider();
        var told = new List<(int, CacheRemovalReason)>();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(
            kind, new() { Capacity = 10, ExpireAfterWrite = Minute, OnRemoved = (key, _, reason) => told.Add((key, reason)) }, time);
        cache.Set(1, 1);
        time.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.Empty(told);
        time.Advance(TimeSpan.FromSeconds(1.0 / 64));
        Assert.Equal([(1, CacheRemovalReason.Expired)], told);
        Assert.Equal(0, cache.Count);
        Assert.Equal(0, time.ArmedTimers);
    }

    // ben-manes/caffeine 191.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_took_longer_to_load_than_it_lives_lives_from_when_it_came(string kind)
    {
        var time = new ManualTimeProvider();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10, ExpireAfterWrite = Minute }, time);
        Assert.Equal(1, cache.GetOrAdd(1, _ =>
        {
            time.Advance(5 * Minute);
            return 1;
        }));
        time.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.True(cache.TryGet(1, out _));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(cache.TryGet(1, out _));
    }

    // ben-manes/caffeine 308.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_listener_that_blocks_holds_up_only_who_caused_the_removal(string kind)
    {
        using var entered = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new()
        {
            Capacity = 10,
            OnRemoved = (key, _, reason) =>
            {
                if (key == 1 && reason == CacheRemovalReason.Removed)
                {
                    entered.Set();
                    gate.Wait();
                }
            },
        });
        cache.Set(1, 1);
        Race.Run(
            () => cache.TryRemove(1, out _),
            () =>
            {
                entered.Wait();
                cache.Set(1, 2);
                Assert.Equal(2, cache.GetOrAdd(1, static _ => 0));
                Assert.Equal(3, cache.GetOrAdd(3, static key => key));
                Assert.True(cache.TryRemove(3, out _));
                gate.Set();
            });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_listener_may_use_the_cache_and_its_exceptions_are_counted(string kind)
    {
        ICache<int, int> cache = null!;
        using (cache = CacheKinds.Create<int, int>(kind, new()
        {
            Capacity = 1,
            OnRemoved = (key, value, _) =>
            {
                if (key < 10)
                {
                    cache.Set(key + 1, value); // evicts again, down to the tenth
                }

                throw new InvalidOperationException();
            },
        }))
        {
            cache.Set(0, 5);
            Assert.True(cache.TryRemove(0, out _));
            Assert.Equal([new(1, 5)], cache);
            cache.Set(9, 6);
            cache.AssertIntegrity();
            Assert.Equal(1, cache.Count);
            Assert.True(cache.Statistics.NotificationFailures >= 2);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_dictionary_that_throws_fails_all_who_wait_for_its_keys(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 10 });
        var gate = new TaskCompletionSource();
        Task many = cache.GetOrAddManyAsync([1, 2, 3], gate, static async (_, gate, _) =>
        {
            await gate.Task;
            return (IReadOnlyDictionary<int, int>)new BadDictionary();
        }).AsTask();
        Task one = cache.GetOrAddAsync(3, static (_, _) => ValueTask.FromResult(3)).AsTask();
        gate.SetResult();
        await Assert.ThrowsAsync<NotSupportedException>(() => many);
        await Assert.ThrowsAsync<NotSupportedException>(() => one);
        Assert.Equal(0, cache.Count);
        Assert.Equal(3, cache.GetOrAdd(3, static key => key));
    }

    private sealed class AbandonedException : Exception;

    private sealed class BadDictionary : IReadOnlyDictionary<int, int>
    {
        public int Count => 1;

        public IEnumerable<int> Keys => throw new NotSupportedException();

        public IEnumerable<int> Values => throw new NotSupportedException();

        public int this[int key] => throw new NotSupportedException();

        public bool ContainsKey(int key) => throw new NotSupportedException();

        public bool TryGetValue(int key, [MaybeNullWhen(false)] out int value) =>
            key == 2 ? throw new NotSupportedException() : (value = key) == key;

        public IEnumerator<KeyValuePair<int, int>> GetEnumerator() => throw new NotSupportedException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
