using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Microsoft.Extensions.Caching.Memory;

namespace Primitives.Benchmarks;

/// <summary>Hits, and misses with an insert and an eviction, against the dictionary that would do without a bound and the
/// platform's cache.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class CachingBenchmarks : IDisposable
{
    private const int Keys = 1_024;
    private const int Capacity = 2 * Keys;

    private readonly ConcurrentDictionary<int, string> _dictionary = new();
    private readonly ConcurrentDictionary<string, string> _texts = new();
    private readonly ConcurrentDictionary<int, string> _changing = new();
    private readonly LfuCache<int, string> _lfu = new(Capacity);
    private readonly LruCache<int, string> _lru = new(Capacity);
    private readonly LfuCache<int, string> _fullLfu = new(Capacity);
    private readonly LruCache<int, string> _fullLru = new(Capacity);
    private readonly LfuCache<string, string> _lfuTexts = new(Capacity);
    private readonly LfuCache<int, string> _expiring =
        new(new CacheOptions<int, string> { Capacity = Capacity, ExpireAfterWrite = TimeSpan.FromDays(1), ExpireAfterAccess = TimeSpan.FromHours(1) });

    private readonly MemoryCache _memory = new(new MemoryCacheOptions());
    private readonly MemoryCache _fullMemory = new(new MemoryCacheOptions { SizeLimit = Capacity });
    private readonly string[] _names = new string[Keys];
    private int _next;
    private int _fresh;

    [GlobalSetup]
    public void Setup()
    {
        for (int key = 0; key < Keys; key++)
        {
            _names[key] = string.Create(CultureInfo.InvariantCulture, $"user:{key:0000000000000000}");
            _dictionary[key] = "x";
            _texts[_names[key]] = "x";
            _lfu.Set(key, "x");
            _lru.Set(key, "x");
            _lfuTexts.Set(_names[key], "x");
            _expiring.Set(key, "x");
            _memory.Set(key, "x");
        }

        for (; _fresh < Capacity; _fresh++)
        {
            _changing[_fresh] = "x";
            _fullLfu.Set(_fresh, "x");
            _fullLru.Set(_fresh, "x");
            _fullMemory.Set(_fresh, "x", new MemoryCacheEntryOptions { Size = 1 });
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _lfu.Dispose();
        _lru.Dispose();
        _fullLfu.Dispose();
        _fullLru.Dispose();
        _lfuTexts.Dispose();
        _expiring.Dispose();
        _memory.Dispose();
        _fullMemory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Hit, int")]
    public bool ConcurrentDictionaryHit() => _dictionary.TryGetValue(Next(), out _);

    [Benchmark]
    [BenchmarkCategory("Hit, int")]
    public bool LfuCacheHit() => _lfu.TryGet(Next(), out _);

    [Benchmark]
    [BenchmarkCategory("Hit, int")]
    public string LfuCacheGetOrAdd() => _lfu.GetOrAdd(Next(), static _ => "x");

    [Benchmark]
    [BenchmarkCategory("Hit, int")]
    public bool LfuCacheHitThatMayExpire() => _expiring.TryGet(Next(), out _);

    [Benchmark]
    [BenchmarkCategory("Hit, int")]
    public bool LruCacheHit() => _lru.TryGet(Next(), out _);

    [Benchmark]
    [BenchmarkCategory("Hit, int")]
    public bool MemoryCacheHit() => _memory.TryGetValue(Next(), out string? _);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Hit, 21 characters")]
    public bool ConcurrentDictionaryTextHit() => _texts.TryGetValue(_names[Next()], out _);

    [Benchmark]
    [BenchmarkCategory("Hit, 21 characters")]
    public bool LfuCacheTextHit() => _lfuTexts.TryGet(_names[Next()], out _);

    [Benchmark]
    [BenchmarkCategory("Hit, 21 characters")]
    public bool LfuCacheSpanHit() => _lfuTexts.TryGet(_names[Next()].AsSpan(), out _);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Miss")]
    public bool ConcurrentDictionaryAddAndRemove()
    {
        _changing.TryAdd(_fresh, "x");
        return _changing.TryRemove(_fresh++ - Capacity, out _);
    }

    [Benchmark]
    [BenchmarkCategory("Miss")]
    public bool LfuCacheMiss() => !_fullLfu.TryGet(_fresh, out _) && _fullLfu.Set(_fresh++, "x");

    [Benchmark]
    [BenchmarkCategory("Miss")]
    public bool LruCacheMiss() => !_fullLru.TryGet(_fresh, out _) && _fullLru.Set(_fresh++, "x");

    [Benchmark]
    [BenchmarkCategory("Miss")]
    public string MemoryCacheMiss() =>
        _fullMemory.TryGetValue(_fresh, out string? value) ? value! : _fullMemory.Set(_fresh++, "x", new MemoryCacheEntryOptions { Size = 1 });

    private int Next() => _next = (_next + 1) & (Keys - 1);
}
