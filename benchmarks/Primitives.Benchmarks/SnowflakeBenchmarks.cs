using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>
/// One id, against the clock read that every such id needs, a textbook generator with a lock, and the GUIDs a user would
/// otherwise take. 22 sequence bits, so that no tick is used up and the clock does not set the pace.
/// </summary>
[MemoryDiagnoser]
public class SnowflakeBenchmarks
{
    private const int SpanLength = 64;

    private static readonly SnowflakeLayout Wide = new(41, 0, 22, SnowflakeLayout.JavaScriptSafe.Epoch);

    private readonly SnowflakeGenerator _ids = new(0, Wide);
    private readonly TextbookGenerator _textbook = new();
    private readonly long[] _span = new long[SpanLength];

    [Benchmark(Baseline = true)]
    public DateTimeOffset Clock_alone() => TimeProvider.System.GetUtcNow();

    [Benchmark]
    public long Next() => _ids.Next();

    [Benchmark]
    public bool TryNext() => _ids.TryNext(out _);

    [Benchmark]
    public ValueTask<long> NextAsync() => _ids.NextAsync();

    [Benchmark(OperationsPerInvoke = SpanLength)]
    public void Span_of_64_per_id() => _ids.Next(_span);

    [Benchmark]
    public long Textbook_with_a_lock() => _textbook.Next();

    [Benchmark]
    public Guid Guid_version_7() => Guid.CreateVersion7();

    [Benchmark]
    public Guid Guid_version_4() => Guid.NewGuid();

    [Benchmark]
    public SnowflakeParts Decode() => SnowflakeLayout.Twitter.Decode(1212092628029698048);

    private sealed class TextbookGenerator
    {
        private readonly Lock _lock = new();
        private long _lastMillisecond;
        private long _sequence;

        public long Next()
        {
            lock (_lock)
            {
                long millisecond = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                _sequence = millisecond == _lastMillisecond ? _sequence + 1 : 0;
                _lastMillisecond = millisecond;
                return (millisecond << 22) | _sequence;
            }
        }
    }
}
