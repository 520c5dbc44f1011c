using Primitives.Testing;

namespace Primitives.Tests;

public class CacheStormTests
{
    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Everything_at_once_breaks_no_bound_and_no_invariant(string kind)
    {
        const int Largest = 64;
        var time = new ManualTimeProvider();
        long removed = 0;
        using ICache<int, string> cache = CacheKinds.Create<int, string>(
            kind,
            new()
            {
                Capacity = Largest,
                Weigher = static (key, _) => 1 + (key % 3),
                ExpireAfterWrite = TimeSpan.FromSeconds(2),
                ExpireAfterAccess = TimeSpan.FromSeconds(1),
                RefreshAfter = TimeSpan.FromSeconds(0.5),
                StaleOnError = TimeSpan.FromSeconds(1),
                OnRemoved = (_, _, _) => Interlocked.Increment(ref removed),
            },
            time);
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 6_000; i++)
            {
                int key = thread.Random.Next(150);
                string expected = $"{key}";
                switch (thread.Random.Next(100))
                {
                    case < 40:
                        Assert.True(!cache.TryGet(key, out string? value) || value == expected);
                        break;
                    case < 60:
                        cache.Set(key, expected);
                        break;
                    case < 80:
                        Assert.Equal(expected, cache.GetOrAdd(key, static key => $"{key}"));
                        break;
                    case < 88:
                        cache.TryRemove(key, out _);
                        break;
                    case < 92:
                        time.Advance(TimeSpan.FromMilliseconds(thread.Random.Next(300)));
                        break;
                    case < 94:
                        cache.Trim(thread.Random.Next(Largest));
                        break;
                    case < 96:
                        cache.Capacity = 1 + thread.Random.Next(Largest);
                        break;
                    case < 97:
                        cache.Clear();
                        break;
                    case < 99:
                        Assert.All(cache, pair => Assert.Equal($"{pair.Key}", pair.Value));
                        break;
                    default:
                        cache.AssertIntegrity();
                        break;
                }

                Assert.InRange(cache.Weight, 0, Largest);
                Assert.InRange(cache.Count, 0, Largest);
            }
        });
        await cache.Idle(); // a refresh that comes back only now would store what expires a minute later
        cache.AssertIntegrity();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, cache.Count);
        Assert.True(removed > 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_key_that_stays_is_found_while_the_table_grows(string kind)
    {
        using ICache<int, int> cache = CacheKinds.Create<int, int>(kind, new() { Capacity = 200_000 });
        for (int key = 0; key < 10; key++)
        {
            cache.Set(key, key);
        }

        int done = 0;
        Race.Run(
            () =>
            {
                for (int key = 10; key < 60_000; key++)
                {
                    cache.Set(key, key);
                }

                Volatile.Write(ref done, 1);
            },
            () =>
            {
                for (int i = 0; Volatile.Read(ref done) == 0; i++)
                {
                    Assert.True(cache.TryGet(i % 10, out int value) && value == i % 10);
                }
            });
    }
}
