using System.Buffers.Binary;
using System.IO.Hashing;
using Primitives.Testing;

namespace Primitives.Tests;

public class BloomFilterBytesTests
{
    public static TheoryData<BloomFilterLayout> Layouts => [BloomFilterLayout.SplitBlock, BloomFilterLayout.Classic];

    [Theory]
    [InlineData(BloomFilterLayout.SplitBlock, 0.01, "bloom-split-block.hex")]
    [InlineData(BloomFilterLayout.Classic, 0.0001, "bloom-classic.hex")]
    public void The_form_is_the_one_that_earlier_releases_wrote(BloomFilterLayout layout, double rate, string file)
    {
        BloomFilter filter = BloomFilter.Create(20, rate);
        foreach (string key in (string[])["alpha", "beta", "γάμμα", ""])
        {
            filter.Add(key);
        }

        filter.Add(42);
        filter.Add(new Guid("0198c0de-0000-7000-8000-000000000001"));

        string golden = File.ReadAllText(RepositoryRoot.Combine("tests", "Primitives.BloomFilter.Tests", "Vectors", file)).ReplaceLineEndings("");
        Assert.Equal(golden, Convert.ToHexString(filter.ToBytes()));
        BloomFilter read = BloomFilter.FromBytes(Convert.FromHexString(golden));
        Assert.Equal((20, rate, layout, filter.BitCount, filter.HashCount), (read.Capacity, read.FalsePositiveRate, read.Layout, read.BitCount, read.HashCount));
        Assert.True(read.Contains("γάμμα") && read.Contains(42) && !read.Contains("delta"));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Every_way_of_writing_gives_the_same_bytes_and_every_way_of_reading_the_same_filter(BloomFilterLayout layout)
    {
        // The last is larger than a piece, and than what is allocated at first for a stream without a length.
        foreach (int capacity in (int[])[1, 10, 1_000, 1_000_000])
        {
            BloomFilter filter = BloomFilter.Create(capacity, 0.01, layout);
            for (int i = 0; i < Math.Min(capacity, 10_000); i++)
            {
                filter.Add(i);
            }

            byte[] bytes = filter.ToBytes();
            Assert.Equal(bytes.Length, filter.PersistedLength);
            byte[] span = new byte[bytes.Length + 1];
            Assert.False(filter.TryWriteBytes(span.AsSpan(2), out int written));
            Assert.Equal(0, written);
            Assert.True(filter.TryWriteBytes(span, out written));
            Assert.Equal(bytes, span[..written]);
            var stream = new MemoryStream();
            filter.WriteTo(stream);
            Assert.Equal(bytes, stream.ToArray());

            stream.WriteByte(1); // what follows is not touched
            stream.Position = 0;
            foreach (BloomFilter read in (BloomFilter[])
                [
                    BloomFilter.FromBytes(bytes),
                    BloomFilter.FromBytes(bytes, singleWriter: true),
                    BloomFilter.ReadFrom(stream),
                    BloomFilter.ReadFrom(new ForwardStream(bytes, atOnce: 4_099)),
                ])
            {
                Assert.Equal(bytes, read.ToBytes());
                Assert.True(read.Contains(0));
                read.Add(-1);
                Assert.True(read.Contains(-1L));
            }

            Assert.Equal(bytes.Length, stream.Position);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Every_truncation_and_every_flipped_byte_is_refused_with_a_reason(BloomFilterLayout layout)
    {
        BloomFilter filter = BloomFilter.Create(20, 0.01, layout);
        filter.Add(1);
        byte[] bytes = filter.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            AssertRefused(bytes[..length]);
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte flip in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] flipped = [.. bytes];
                flipped[i] ^= flip;
                AssertRefused(flipped);
            }
        }

        Assert.False(BloomFilter.TryFromBytes([.. bytes, 0], out _, out _));
    }

    /// <summary>Fields that lie, under a checksum that is right: what an attacker can write.</summary>
    [Theory]
    [InlineData(0, 0L, "capacity")]
    [InlineData(0, -1L, "capacity")]
    [InlineData(8, 0L, "rate")]
    [InlineData(8, 0x3FF0000000000000L, "rate")] // 1.0
    [InlineData(8, 0x7FF8000000000000L, "rate")] // not a number
    [InlineData(8, -1L, "rate")]
    [InlineData(16, 0x00010800L, "layout")]
    [InlineData(16, 0x00010803L, "layout")]
    [InlineData(16, 0x00010701L, "bits")]
    [InlineData(16, 0x00010002L, "bits")]
    [InlineData(16, 0x00014102L, "bits")]
    [InlineData(16, 0x00020801L, "function 2")]
    [InlineData(16, 0x01010801L, "Reserved")]
    [InlineData(24, 0L, "size")]
    [InlineData(24, -256L, "size")]
    [InlineData(24, 257L, "size")]
    [InlineData(24, 512L, "cannot hold")]
    [InlineData(24, 1L << 37, "size")]
    [InlineData(24, 1L << 36, "cannot hold")]
    [InlineData(24, long.MaxValue - 255, "size")]
    public void A_lying_field_is_refused_before_memory_is_taken_for_it(int offset, long value, string reason)
    {
        BloomFilter filter = BloomFilter.Create(5);
        byte[] bytes = filter.ToBytes();
        Assert.Equal(256, filter.BitCount);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + offset), value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        Assert.Contains(reason, AssertRefused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_promises_gigabytes_is_believed_only_as_far_as_it_delivers()
    {
        // Sixteen gigabytes announced, consistently, in header and payload; then the stream ends.
        byte[] bytes = new byte[16 + 32 + 100_000];
        BloomFilter.Create(5).ToBytes().AsSpan(0, 48).CopyTo(bytes);
        const long Bits = (1L << 37) - (1L << 10);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), 32 + (Bits / 8));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + 24), Bits);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<FormatException>(() => BloomFilter.ReadFrom(new ForwardStream(bytes, atOnce: 4_096)));
        Assert.Throws<FormatException>(() => BloomFilter.ReadFrom(new MemoryStream(bytes)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void Null_streams_are_refused()
    {
        Assert.Throws<ArgumentNullException>("stream", () => BloomFilter.ReadFrom(null!));
        Assert.Throws<ArgumentNullException>("stream", () => BloomFilter.Create(1).WriteTo(null!));
    }

    private static string AssertRefused(byte[] bytes)
    {
        Assert.False(BloomFilter.TryFromBytes(bytes, out BloomFilter? filter, out string? reason));
        Assert.Null(filter);
        Assert.NotEmpty(reason);
        Assert.Equal(reason, Assert.Throws<FormatException>(() => BloomFilter.FromBytes(bytes)).Message);
        Assert.Throws<FormatException>(() => BloomFilter.ReadFrom(new MemoryStream(bytes)));
        Assert.Throws<FormatException>(() => BloomFilter.ReadFrom(new ForwardStream(bytes)));
        return reason;
    }
}
