using System.IO.Hashing;
using System.Numerics;
using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class ParquetBloomFilterTests
{
    private static readonly byte[] Header32 = [0x15, 0x40, 0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0];

    /// <summary>A filter that parquet-mr wrote from Spark, of the texts a0 to a9, and a header, as the tests of
    /// apache/arrow-rs (parquet/src/bloom_filter) quote them.</summary>
    [Fact]
    public void A_filter_that_spark_wrote_is_read_and_the_same_values_give_the_same_bytes()
    {
        byte[] fromSpark =
        [
            .. Header32,
            200, 1, 80, 20, 64, 68, 8, 109, 6, 37, 4, 67, 144, 80, 96, 32, 8, 132, 43, 33, 0, 5, 99, 65, 2, 0, 224, 44, 64, 78, 96, 4,
        ];
        ParquetBloomFilter read = ParquetBloomFilter.FromBytes(fromSpark);
        Assert.Equal(32, read.ByteCount);
        ParquetBloomFilter written = ParquetBloomFilter.Create(10);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(read.Contains($"a{i}") && read.Contains(Encoding.UTF8.GetBytes($"a{i}")));
            written.Add($"a{i}");
        }

        Assert.False(read.Contains("b0") || read.Contains("a10"));
        Assert.Equal(fromSpark, written.ToBytes());
    }

    [Fact]
    public void Values_are_hashed_in_their_plain_encoding()
    {
        // XXH64 with seed 0, published values.
        Assert.Equal(0xEF46DB3751D8E999, XxHash64.HashToUInt64([]));
        Assert.Equal(0xD24EC4F1A98C6E5B, XxHash64.HashToUInt64("a"u8));
        PropertyTest.Check<int, long>((small, large) =>
        {
            var guid = new Guid(small, 1, 2, [1, 2, 3, 4, 5, 6, 7, (byte)large]);
            double number = BitConverter.Int64BitsToDouble(large);
            AssertSame(f => f.Add(small), f => f.Contains(small), BitConverter.GetBytes(small));
            AssertSame(f => f.Add(large), f => f.Contains(large), BitConverter.GetBytes(large));
            AssertSame(f => f.Add(number), f => f.Contains(number), BitConverter.GetBytes(large));
            AssertSame(f => f.Add(guid), f => f.Contains(guid), guid.ToByteArray(bigEndian: true));
            AssertSame(f => f.Add("é" + small), f => f.Contains("é" + small), Encoding.UTF8.GetBytes("é" + small));
            AssertSame(f => f.Add(new string('€', 1_000)), f => f.Contains(new string('€', 1_000)), Encoding.UTF8.GetBytes(new string('€', 1_000)));
        });

        static void AssertSame(Func<ParquetBloomFilter, bool> add, Func<ParquetBloomFilter, bool> contains, byte[] plain)
        {
            ParquetBloomFilter filter = ParquetBloomFilter.Create(100, 1e-6);
            Assert.False(contains(filter));
            Assert.True(add(filter));
            Assert.False(add(filter));
            Assert.True(contains(filter) && filter.Contains(plain) && filter.ContainsHash(XxHash64.HashToUInt64(plain)));
        }
    }

    [Fact]
    public void Bits_are_those_of_the_specification()
    {
        ParquetBloomFilter filter = ParquetBloomFilter.Create(3_000);
        int blocks = filter.ByteCount / 32;
        Assert.False(BitOperations.IsPow2(blocks));
        var expected = new SortedSet<long>();
        var random = new Random(1);
        for (int i = 0; i < 3_000; i++)
        {
            ulong hash = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            filter.AddHash(hash);
            expected.UnionWith(BloomModel.SplitBlockBits((long)((hash >> 32) * (ulong)blocks >> 32), (uint)hash));
        }

        byte[] bits = filter.ToBytes()[^filter.ByteCount..];
        Assert.Equal(expected, Enumerable.Range(0, bits.Length * 8).Where(bit => (bits[bit / 8] >> (bit % 8) & 1) != 0).Select(bit => (long)bit));
        Assert.InRange(filter.ExpectedFalsePositiveRate, 0.008, 0.0105);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public void What_is_written_is_read(int capacity)
    {
        ParquetBloomFilter filter = ParquetBloomFilter.Create(capacity);
        for (int i = 0; i < Math.Min(capacity, 10_000); i++)
        {
            filter.Add((long)i);
        }

        byte[] bytes = filter.ToBytes();
        var stream = new MemoryStream([.. bytes, 9]);
        foreach (ParquetBloomFilter read in (ParquetBloomFilter[])
            [ParquetBloomFilter.FromBytes(bytes), ParquetBloomFilter.ReadFrom(stream), ParquetBloomFilter.ReadFrom(new ForwardStream(bytes, 4_099))])
        {
            Assert.Equal(bytes, read.ToBytes());
            Assert.True(read.Contains(0L));
        }

        Assert.Equal(bytes.Length, stream.Position);
    }

    [Fact]
    public void Fields_in_any_order_and_fields_of_later_versions_are_read()
    {
        byte[] bits = new byte[32];

        // Numbered in full instead of by difference, the size last, and unknown fields of every type between.
        byte[] reordered =
        [
            0x0C, 0x08, 0x1C, 0, 0, // 4: compression
            0x0C, 0x06, 0x1C, 0, 0, // 3: hash
            0x0C, 0x04, 0x1C, 0, 0, // 2: algorithm
            0x51, // 7: true
            0x12, // 8: false
            0x13, 5, // 9: byte
            0x14, 6, // 10: i16
            0x16, 0x80, 0x01, // 11: i64
            0x17, 1, 2, 3, 4, 5, 6, 7, 8, // 12: double
            0x18, 2, 1, 2, // 13: binary
            0x19, 0x31, 1, 2, 1, // 14: list of three booleans
            0x1A, 0xF5, 1, 2, // 15: set of one number, its count in the long form
            0x1B, 1, 0x55, 1, 2, // 16: map of a number to a number
            0x1B, 0, // 17: empty map
            0x1C, 0x15, 2, 0, // 18: struct of a number
            0x05, 0x02, 0x40, // 1: size
            0,
        ];
        Assert.Equal(32, ParquetBloomFilter.FromBytes([.. reordered, .. bits]).ByteCount);
    }

    [Fact]
    public void What_is_no_filter_is_refused_with_a_reason()
    {
        byte[] bytes = ParquetBloomFilter.Create(10).ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            AssertRefused(bytes[..length]);
        }

        AssertRefused([.. bytes, 0]);
        byte[] rest = [0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0];
        Assert.Contains("blocks of 32", AssertRefused([0x15, 0x42, .. rest, .. new byte[33]]), StringComparison.Ordinal);
        Assert.Contains("0 bytes", AssertRefused([0x15, 0x00, .. rest]), StringComparison.Ordinal);
        Assert.Contains("-1 bytes", AssertRefused([0x15, 0x01, .. rest]), StringComparison.Ordinal);
        Assert.Contains("algorithm 2", AssertRefused([0x15, 0x40, 0x1C, 0x2C, 0, 0, 0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("hash 3", AssertRefused([0x15, 0x40, 0x1C, 0x1C, 0, 0, 0x1C, 0x3C, 0, 0, 0x1C, 0x1C, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("lacks", AssertRefused([0x15, 0x40, 0x1C, 0x1C, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("more than one", AssertRefused([0x15, 0x40, 0x1C, 0x1C, 0, 0x1C, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("type 13", AssertRefused([0x1D]), StringComparison.Ordinal);
        Assert.Contains("ten bytes", AssertRefused([0x15, .. Enumerable.Repeat((byte)0xFF, 11)]), StringComparison.Ordinal);

        // Hostile: gigabytes announced, endless lists, endless nesting.
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused([0x15, 0xC0, 0xFF, 0xFF, 0xFF, 0x0F, .. rest, 1, 2, 3]);
        AssertRefused([0x79, 0xF5, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
        Assert.Contains("4096", AssertRefused([0x78, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, .. new byte[10_000]]), StringComparison.Ordinal);
        Assert.Contains("nested", AssertRefused([0x7C, .. Enumerable.Repeat((byte)0x1C, 1_000)]), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.Throws<ArgumentNullException>("stream", () => ParquetBloomFilter.ReadFrom(null!));
        Assert.Throws<ArgumentNullException>("stream", () => ParquetBloomFilter.Create(1).WriteTo(null!));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => ParquetBloomFilter.Create(0));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => ParquetBloomFilter.Create(2_000_000_000));
        Assert.Throws<ArgumentOutOfRangeException>("falsePositiveRate", () => ParquetBloomFilter.Create(1, 1));
    }

    [Fact]
    public void Random_bytes_are_a_filter_or_refused_and_nothing_else()
    {
        var random = new Random(1);
        byte[] good = ParquetBloomFilter.Create(10).ToBytes();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. good];
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                bytes[random.Next(15)] = (byte)random.Next(256);
            }

            if (ParquetBloomFilter.TryFromBytes(bytes, out ParquetBloomFilter? filter, out _))
            {
                Assert.InRange(filter.ByteCount, 32, bytes.Length);
            }
        }
    }

    private static string AssertRefused(byte[] bytes)
    {
        Assert.False(ParquetBloomFilter.TryFromBytes(bytes, out ParquetBloomFilter? filter, out string? reason));
        Assert.Null(filter);
        Assert.Equal(reason, Assert.Throws<FormatException>(() => ParquetBloomFilter.FromBytes(bytes)).Message);
        return reason!;
    }
}
