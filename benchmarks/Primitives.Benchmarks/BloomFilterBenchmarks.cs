using System.Collections;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Primitives.Benchmarks;

/// <summary>Asking for and adding keys, in a filter that fits the second-level cache and in one that does not, against
/// the textbook's filter over a <see cref="BitArray"/> with the same hash; and against the exact set.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class BloomFilterBenchmarks
{
    private BloomFilter _filter = BloomFilter.Create(1);
    private BloomFilter _classic = BloomFilter.Create(1);
    private BloomFilter _single = BloomFilter.Create(1);
    private CountingBloomFilter _counting = CountingBloomFilter.Create(1);
    private ScalableBloomFilter _scalable = ScalableBloomFilter.Create(1);
    private BinaryFuseFilter _fuse = BinaryFuseFilter.CreateFromHashes([]);
    private BitArray _textbook = new(64);
    private HashSet<long> _exact = [];
    private long _next;

    [Params(200_000, 2_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _filter = BloomFilter.Create(Keys);
        _classic = BloomFilter.Create(Keys, 0.01, BloomFilterLayout.Classic);
        _single = BloomFilter.Create(Keys, singleWriter: true);
        _counting = CountingBloomFilter.Create(Keys);
        _scalable = ScalableBloomFilter.Create(Keys / 100);
        _fuse = BinaryFuseFilter.Create(Enumerable.Range(0, Keys).Select(key => (long)key));
        _textbook = new BitArray((int)(Keys * 9.585));
        _exact = new HashSet<long>(Keys);
        for (long key = 0; key < Keys; key++)
        {
            _filter.Add(key);
            _classic.Add(key);
            _single.Add(key);
            _counting.Add(key);
            _scalable.Add(key);
            AddToTextbook(key);
            _exact.Add(key);
        }
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Contains")]
    public bool TextbookContains() => TextbookContains(Next());

    [Benchmark]
    [BenchmarkCategory("Contains")]
    public bool SplitBlockContains() => _filter.Contains(Next());

    [Benchmark]
    [BenchmarkCategory("Contains")]
    public bool ClassicContains() => _classic.Contains(Next());

    [Benchmark]
    [BenchmarkCategory("Contains")]
    public bool CountingContains() => _counting.Contains(Next());

    [Benchmark]
    [BenchmarkCategory("Contains")]
    public bool ScalableContains() => _scalable.Contains(Next());

    [Benchmark]
    [BenchmarkCategory("Contains")]
    public bool FuseContains() => _fuse.Contains(Next());

    [Benchmark]
    [BenchmarkCategory("Contains")]
    public bool HashSetContains() => _exact.Contains(Next());

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Add, present")]
    public void TextbookAdd() => AddToTextbook(Next());

    [Benchmark]
    [BenchmarkCategory("Add, present")]
    public bool SplitBlockAdd() => _filter.Add(Next());

    [Benchmark]
    [BenchmarkCategory("Add, present")]
    public bool SingleWriterAdd() => _single.Add(Next());

    [Benchmark]
    [BenchmarkCategory("Add, present")]
    public bool ClassicAdd() => _classic.Add(Next());

    // Half of the keys asked for are present; a stride keeps neighbours apart.
    private long Next() => _next = (_next + 7_919) % (2 * (long)Keys);

    private void AddToTextbook(long key)
    {
        ulong hash = StableHash.Compute(key);
        for (ulong i = 0; i < 7; i++)
        {
            _textbook[(int)(((uint)hash + (i * (hash >> 32))) % (ulong)_textbook.Length)] = true;
        }
    }

    private bool TextbookContains(long key)
    {
        ulong hash = StableHash.Compute(key);
        for (ulong i = 0; i < 7; i++)
        {
            if (!_textbook[(int)(((uint)hash + (i * (hash >> 32))) % (ulong)_textbook.Length)])
            {
                return false;
            }
        }

        return true;
    }
}
