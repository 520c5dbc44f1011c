using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class BinaryFuseFilterTests
{
    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void Every_key_is_contained_whatever_their_number(int bits)
    {
        for (int count = 0; count < 3_000; count += 1 + (count / 20))
        {
            ulong[] hashes = [.. Enumerable.Range(0, count).Select(i => StableHash.Compute(i))];
            BinaryFuseFilter filter = BinaryFuseFilter.CreateFromHashes(hashes, bits);
            Assert.Equal((count, bits), (filter.Count, filter.FingerprintBits));
            Assert.All(hashes, hash => Assert.True(filter.ContainsHash(hash)));
        }
    }

    [Fact]
    public void Keys_of_any_form_duplicates_and_neighbouring_hashes_are_contained() =>
        PropertyTest.Check<long[], string[]>((numbers, texts) =>
        {
            texts = [.. texts.Select(text => text ?? "")];
            BinaryFuseFilter ofNumbers = BinaryFuseFilter.Create([.. numbers, .. numbers]);
            Assert.Equal(numbers.Distinct().Count(), ofNumbers.Count);
            Assert.All(numbers, number => Assert.True(ofNumbers.Contains(number) && ofNumbers.Contains((ulong)number)));

            BinaryFuseFilter ofTexts = BinaryFuseFilter.Create(texts);
            BinaryFuseFilter ofBytes = BinaryFuseFilter.Create(texts.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)));
            Assert.All(texts, text => Assert.True(ofTexts.Contains(text) && ofTexts.Contains(Encoding.UTF8.GetBytes(text))));
            Assert.All(texts, text => Assert.True(ofBytes.Contains(text)));

            Guid[] guids = [.. numbers.Select(number => new Guid((int)number, 0, 0, new byte[8]))];
            BinaryFuseFilter ofGuids = BinaryFuseFilter.Create(guids, 16);
            Assert.All(guids, guid => Assert.True(ofGuids.Contains(guid)));

            // Hashes that are no hashes: a counter. They are remixed, so nothing depends on them.
            BinaryFuseFilter counted = BinaryFuseFilter.CreateFromHashes([.. Enumerable.Range(0, 1_000).Select(i => (ulong)i)]);
            Assert.All(Enumerable.Range(0, 1_000), i => Assert.True(counted.ContainsHash((ulong)i)));
        }, count: 30);

    /// <summary>The promised rate within 5 standard deviations, and the size.</summary>
    [Theory]
    [InlineData(1, 8, 2_000_000, 200)]
    [InlineData(100, 8, 2_000_000, 16)]
    [InlineData(10_000, 8, 2_000_000, 10.5)]
    [InlineData(200_000, 8, 2_000_000, 9.5)]
    [InlineData(200_000, 16, 2_000_000, 19)]
    public void The_rate_and_the_size_are_the_promised(int count, int bits, int probes, double bitsPerKey)
    {
        BinaryFuseFilter filter = BinaryFuseFilter.Create(Enumerable.Range(0, count).Select(i => (long)i), bits);
        Assert.InRange(filter.ByteCount * 8.0 / count, bits, bitsPerKey);
        Assert.Equal(Math.Pow(2, -bits), filter.FalsePositiveRate);
        int present = 0;
        for (long key = count; key < count + probes; key++)
        {
            present += filter.Contains(key) ? 1 : 0;
        }

        double expected = probes * filter.FalsePositiveRate;
        Assert.InRange(present, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
    }

    [Fact]
    public void The_empty_set_contains_nothing()
    {
        BinaryFuseFilter filter = BinaryFuseFilter.Create((string[])[]);
        Assert.Equal((0, 0.0), (filter.Count, filter.FalsePositiveRate));
        Assert.All(Enumerable.Range(0, 10_000), i => Assert.False(filter.Contains(i)));
    }

    [Fact]
    public void Lookups_allocate_nothing()
    {
        BinaryFuseFilter filter = BinaryFuseFilter.Create((long[])[1, 2, 3]);
        byte[] bytes = [1];
        Allocation.AssertNone(() =>
        {
            filter.Contains(1L);
            filter.Contains("text");
            filter.Contains(bytes);
            filter.Contains(Guid.Empty);
        });
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>("keys", () => BinaryFuseFilter.Create((string[])null!));
        Assert.Throws<ArgumentNullException>("keys", () => BinaryFuseFilter.Create((long[])null!));
        Assert.Throws<ArgumentNullException>("keys", () => BinaryFuseFilter.Create((Guid[])null!));
        Assert.Throws<ArgumentNullException>("keys", () => BinaryFuseFilter.Create((ReadOnlyMemory<byte>[])null!));
        Assert.Throws<ArgumentNullException>("keys", () => BinaryFuseFilter.Create((string[])["a", null!]));
        foreach (int bits in (int[])[0, 7, 9, 32, -8])
        {
            Assert.Throws<ArgumentOutOfRangeException>("fingerprintBits", () => BinaryFuseFilter.Create((long[])[1], bits));
            Assert.Throws<ArgumentOutOfRangeException>("fingerprintBits", () => BinaryFuseFilter.CreateFromHashes([1], bits));
        }
    }

    [Theory]
    [InlineData(8, "fuse-8.hex")]
    [InlineData(16, "fuse-16.hex")]
    public void The_form_is_the_one_that_earlier_releases_wrote(int bits, string file)
    {
        BinaryFuseFilter filter = BinaryFuseFilter.Create((string[])["alpha", "beta", "γάμμα", ""], bits);
        Golden.AssertEqual(file, filter.ToBytes());
        Assert.True(BinaryFuseFilter.FromBytes(Golden.Read(file)).Contains("γάμμα"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void What_is_written_is_read(int bits)
    {
        foreach (int count in (int[])[0, 1, 1_000, 300_000])
        {
            BinaryFuseFilter filter = BinaryFuseFilter.Create(Enumerable.Range(0, count).Select(i => (long)i), bits);
            byte[] bytes = filter.ToBytes();
            Assert.Equal(bytes.Length, filter.PersistedLength);
            var stream = new MemoryStream([.. bytes, 1]);
            foreach (BinaryFuseFilter read in (BinaryFuseFilter[])
                [BinaryFuseFilter.FromBytes(bytes), BinaryFuseFilter.ReadFrom(stream), BinaryFuseFilter.ReadFrom(new ForwardStream(bytes, 4_099))])
            {
                Assert.Equal(bytes, read.ToBytes());
                Assert.Equal(count > 0, read.Contains(0L));
            }

            Assert.Equal(bytes.Length, stream.Position);
        }
    }

    [Fact]
    public void Damaged_bytes_are_refused_with_a_reason()
    {
        byte[] bytes = BinaryFuseFilter.Create((long[])[1, 2, 3]).ToBytes();
        Damage.AssertRefused(bytes, damaged =>
        {
            Assert.False(BinaryFuseFilter.TryFromBytes(damaged, out BinaryFuseFilter? filter, out string? reason));
            Assert.Null(filter);
            Assert.Throws<FormatException>(() => BinaryFuseFilter.ReadFrom(new ForwardStream(damaged)));
            return reason!;
        });
    }

    /// <summary>Fields that lie, under a checksum that is right.</summary>
    [Theory]
    [InlineData(0, -1, "keys")]
    [InlineData(4, 0x0107, "7 bits")]
    [InlineData(4, 0x0208, "function 2")]
    [InlineData(4, 0x010108, "Reserved")]
    [InlineData(16, 0, "segment")]
    [InlineData(16, 3, "segment")]
    [InlineData(16, 1 << 19, "segment")]
    [InlineData(20, 0, "segments")]
    [InlineData(20, -1, "segments")]
    [InlineData(20, int.MaxValue, "segments")]
    [InlineData(20, 7, "cannot hold")]
    public void A_lying_field_is_refused(int offset, int value, string reason)
    {
        byte[] bytes = BinaryFuseFilter.Create((long[])[1, 2, 3]).ToBytes();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16 + offset), value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        Assert.False(BinaryFuseFilter.TryFromBytes(bytes, out _, out string? said));
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }
}
