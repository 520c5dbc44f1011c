namespace Primitives.Tests;

/// <summary>Both caches, for promises that they share.</summary>
public static class CacheKinds
{
    public static readonly TheoryData<string> All = ["lru", "lfu"];

    public static ICache<TKey, TValue> Create<TKey, TValue>(
        string kind, CacheOptions<TKey, TValue> options, TimeProvider? timeProvider = null)
        where TKey : notnull =>
        kind == "lru" ? new LruCache<TKey, TValue>(options, timeProvider) : new LfuCache<TKey, TValue>(options, timeProvider);

    public static void AssertIntegrity<TKey, TValue>(this ICache<TKey, TValue> cache)
        where TKey : notnull
    {
        switch (cache)
        {
            case LruCache<TKey, TValue> lru:
                lru.AssertIntegrity();
                break;
            case LfuCache<TKey, TValue> lfu:
                lfu.AssertIntegrity();
                break;
        }
    }

    /// <summary>Waits until no load is under way whose result may be stored.</summary>
    public static async Task Idle<TKey, TValue>(this ICache<TKey, TValue> cache)
        where TKey : notnull
    {
        while ((cache is LruCache<TKey, TValue> lru ? lru.LoadsUnderWay : ((LfuCache<TKey, TValue>)cache).LoadsUnderWay) > 0)
        {
            await Task.Yield();
        }
    }
}
