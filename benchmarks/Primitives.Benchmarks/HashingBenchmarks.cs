using System.IO.Hashing;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>StableHash of text against the plain way to the same value, and against the platform's unstable hash.</summary>
[MemoryDiagnoser]
public class HashingBenchmarks
{
    private string _text = "";

    [Params(8, 21, 200, 5_000)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup() => _text = string.Concat(Enumerable.Range(0, Length).Select(i => (char)('a' + (i % 26))));

    [Benchmark(Baseline = true)]
    public ulong GetBytesThenXxHash3() => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(_text));

    [Benchmark]
    public ulong StableHashOfText() => StableHash.Compute(_text);

    [Benchmark]
    public int StringGetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
}
