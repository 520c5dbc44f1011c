using System.IO.Hashing;
using System.Numerics;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Primitives.Benchmarks;

/// <summary>Adding to, estimating and uniting warm sketches, against the textbook's HyperLogLog for one thread; and
/// against the exact set that one would use without a sketch.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class HyperLogLogBenchmarks
{
    private const int Keys = 1_000_000;
    private const int Precision = 14;

    private readonly byte[] _textbook = new byte[1 << Precision];
    private readonly HyperLogLog _hyper = new(Precision);
    private readonly UltraLogLog _ultra = new(Precision - 1);
    private readonly RedisHyperLogLog _redis = new();
    private readonly SlidingHyperLogLog _sliding = new(TimeSpan.FromHours(1));
    private readonly HashSet<long> _exact = [];
    private byte[] _otherTextbook = [];
    private HyperLogLog _otherHyper = new(Precision);
    private UltraLogLog _otherUltra = new(Precision - 1);
    private long _next;

    [GlobalSetup]
    public void Setup()
    {
        for (long key = 0; key < Keys; key++)
        {
            AddToTextbook(key);
            _hyper.Add(key);
            _ultra.Add(key);
            _redis.Add(BitConverter.GetBytes(key));
            _sliding.Add(key);
            _exact.Add(key);
        }

        _otherTextbook = [.. _textbook];
        _otherHyper = _hyper.Reduce(Precision);
        _otherUltra = _ultra.Reduce(Precision - 1);
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Add")]
    public void TextbookAdd() => AddToTextbook(Next());

    [Benchmark]
    [BenchmarkCategory("Add")]
    public bool HyperLogLogAdd() => _hyper.Add(Next());

    [Benchmark]
    [BenchmarkCategory("Add")]
    public bool UltraLogLogAdd() => _ultra.Add(Next());

    [Benchmark]
    [BenchmarkCategory("Add")]
    public bool RedisHyperLogLogAdd()
    {
        Span<byte> element = stackalloc byte[sizeof(long)];
        BitConverter.TryWriteBytes(element, Next());
        return _redis.Add(element);
    }

    [Benchmark]
    [BenchmarkCategory("Add")]
    public void SlidingHyperLogLogAdd() => _sliding.Add(Next());

    [Benchmark]
    [BenchmarkCategory("Add")]
    public bool HashSetAdd() => _exact.Add(Next());

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Estimate")]
    public double TextbookEstimate()
    {
        double sum = 0;
        int zeros = 0;
        foreach (byte register in _textbook)
        {
            sum += Math.Pow(2, -register);
            zeros += register == 0 ? 1 : 0;
        }

        const double M = 1 << Precision;
        double estimate = 0.7213 / (1 + (1.079 / M)) * M * M / sum;
        return estimate <= 2.5 * M && zeros > 0 ? M * Math.Log(M / zeros) : estimate;
    }

    [Benchmark]
    [BenchmarkCategory("Estimate")]
    public double HyperLogLogEstimate() => _hyper.Estimate();

    [Benchmark]
    [BenchmarkCategory("Estimate")]
    public double UltraLogLogEstimate() => _ultra.Estimate();

    [Benchmark]
    [BenchmarkCategory("Estimate")]
    public double SlidingHyperLogLogEstimate() => _sliding.Estimate();

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Union")]
    public void TextbookUnion()
    {
        for (int i = 0; i < _textbook.Length; i++)
        {
            _textbook[i] = Math.Max(_textbook[i], _otherTextbook[i]);
        }
    }

    [Benchmark]
    [BenchmarkCategory("Union")]
    public void HyperLogLogUnion() => _hyper.UnionWith(_otherHyper);

    [Benchmark]
    [BenchmarkCategory("Union")]
    public void UltraLogLogUnion() => _ultra.UnionWith(_otherUltra);

    private void AddToTextbook(long key)
    {
        ulong hash = XxHash3.HashToUInt64(BitConverter.GetBytes(key));
        byte rank = (byte)(BitOperations.LeadingZeroCount((hash << Precision) | (1UL << (Precision - 1))) + 1);
        ref byte register = ref _textbook[hash >> (64 - Precision)];
        register = Math.Max(register, rank);
    }

    private long Next() => _next = _next == Keys - 1 ? 0 : _next + 1;
}
