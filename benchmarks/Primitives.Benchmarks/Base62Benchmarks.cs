using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>Base62 against the decimal digits of the platform, which do the same kind of work and are well kept.</summary>
[MemoryDiagnoser]
public class Base62Benchmarks
{
    private readonly char[] _chars = new char[32];
    private readonly byte[] _utf8 = new byte[32];
    private readonly byte[] _bytes = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 37))];
    private readonly byte[] _decoded = new byte[32];
    private readonly Guid _guid = new("0198c7a4-5be1-7c4e-9a4b-3f0d5e6a7b8c");
    private readonly ShortCodePermutation _permutation = new("a key of 16 bytes or more"u8, length: 7);
    private string _decimal = "";
    private string _text = "";
    private string _guidText = "";
    private string _bytesText = "";
    private byte[] _utf8Text = [];

    /// <summary>A 40-bit and a 63-bit number: codes of 7 and of 11 digits.</summary>
    [Params(1_000_000_000_000UL, 9_000_000_000_000_000_000UL)]
    public ulong Value { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _decimal = Value.ToString(CultureInfo.InvariantCulture);
        _text = Base62.Encode(Value);
        _utf8Text = Encoding.ASCII.GetBytes(_text);
        _guidText = Base62.Encode(_guid);
        _bytesText = Base62.EncodeBytes(_bytes);
    }

    [Benchmark(Baseline = true)]
    public bool Decimal_to_span() => Value.TryFormat(_chars, out _, default, CultureInfo.InvariantCulture);

    [Benchmark]
    public bool To_span() => Base62.TryEncode(Value, _chars, out _);

    [Benchmark]
    public bool To_utf8() => Base62.TryEncode(Value, _utf8, out _);

    [Benchmark]
    public bool To_span_of_fixed_width() => Base62.TryEncode(Value, _chars, out _, width: 11);

    [Benchmark]
    public string Decimal_to_string() => Value.ToString(CultureInfo.InvariantCulture);

    [Benchmark]
    public string To_string() => Base62.Encode(Value);

    [Benchmark]
    public bool From_decimal() => ulong.TryParse(_decimal, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    [Benchmark]
    public bool From_text() => Base62.TryDecode(_text, out ulong _);

    [Benchmark]
    public bool From_utf8() => Base62.TryDecode(_utf8Text, out ulong _);

    [Benchmark]
    public bool Guid_to_span() => Base62.TryEncode(_guid, _chars, out _);

    [Benchmark]
    public bool Guid_from_text() => Base62.TryDecode(_guidText, out Guid _);

    [Benchmark]
    public string Bytes_to_string() => Base62.EncodeBytes(_bytes);

    [Benchmark]
    public bool Bytes_from_text() => Base62.TryDecodeBytes(_bytesText, _decoded, out _);

    [Benchmark]
    public ulong Permute() => _permutation.Permute(1_234_567);
}
