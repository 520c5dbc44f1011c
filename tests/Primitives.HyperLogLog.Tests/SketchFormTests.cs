using System.Buffers.Binary;
using System.IO.Hashing;
using Primitives.Testing;

namespace Primitives.Tests;

public class SketchFormTests
{
    [Theory]
    [InlineData(Subject.Hyper, 14, 0)]
    [InlineData(Subject.Hyper, 14, 20)]
    [InlineData(Subject.Hyper, 10, 5_000)]
    [InlineData(Subject.Hyper, 4, 7)]
    [InlineData(Subject.Ultra, 13, 20)]
    [InlineData(Subject.Ultra, 10, 5_000)]
    public void The_bytes_are_those_of_the_first_release(string family, int precision, int keys)
    {
        Subject sketch = Subject.Of(family, precision, 0, keys);
        byte[] golden = File.ReadAllBytes(RepositoryRoot.Combine("tests", "Primitives.HyperLogLog.Tests", "Golden", $"{family}-p{precision}-{keys}.bin"));
        Assert.Equal(golden, sketch.ToBytes());
        Assert.Equal(sketch.Estimate(), Subject.FromBytes(family, golden).Estimate());
    }

    [Fact]
    public void The_layout_is_the_documented_one()
    {
        byte[] sparse = Subject.Of(Subject.Hyper, 14, 0, 3).ToBytes();
        Assert.Equal("5052494D01001000", Convert.ToHexString(sparse, 0, 8)); // PRIM, version 1, kind 16
        Assert.Equal(16 + 12, BinaryPrimitives.ReadInt64LittleEndian(sparse.AsSpan(8)));
        Assert.Equal("0E01000003000000" + "0000000000000000", Convert.ToHexString(sparse, 16, 16));
        uint[] tokens = [.. new[] { 0L, 1L, 2L }.Select(key => Token.Of(StableHash.Compute(key))).Order()];
        Assert.Equal(tokens, Enumerable.Range(0, 3).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(sparse.AsSpan(32 + (4 * i)))));
        Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(sparse.AsSpan(44)), XxHash3.HashToUInt64(sparse.AsSpan(0, 44)));

        byte[] dense = Subject.Of(Subject.Hyper, 4, 0, 1).ToBytes();
        Assert.Equal("0402000010000000" + "0000000000000000", Convert.ToHexString(dense, 16, 16));
        ulong hash = StableHash.Compute(0);
        byte[] registers = new byte[16];
        registers[hash >> 60] = (byte)(Token.ZerosAfter(hash, 4) + 1);
        byte[] packed = new byte[12];
        SixBits.Pack(registers, packed);
        Assert.Equal(packed, dense[32..44]);

        byte[] ultra = Subject.Of(Subject.Ultra, 4, 0, 1).ToBytes();
        Assert.Equal("5052494D01001100", Convert.ToHexString(ultra, 0, 8));
        Assert.Equal(16 + 16 + 16 + 8, ultra.Length);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void What_is_written_is_read_again_by_every_way(string family)
    {
        foreach ((int precision, int keys, bool martingale) in new[] { (14, 0, false), (14, 100, true), (18, 9_000, false), (9, 5_000, false), (9, 5_000, true), (4, 3, true) })
        {
            Subject sketch = Subject.Create(family, precision, martingale);
            sketch.AddRange(0, keys);
            byte[] bytes = sketch.ToBytes();
            Assert.Equal(bytes.Length, sketch.PersistedLength);

            byte[] room = new byte[bytes.Length + 1];
            Assert.True(sketch.TryWriteBytes(room, out int written));
            Assert.Equal(bytes, room[..written]);
            Assert.False(sketch.TryWriteBytes(room.AsSpan(0, bytes.Length - 1), out written));
            Assert.Equal(0, written);

            var stream = new MemoryStream();
            sketch.WriteTo(stream);
            sketch.WriteTo(stream);
            stream.Position = 0;
            foreach (Subject read in new[] { Subject.FromBytes(family, bytes), Subject.ReadFrom(family, stream), Subject.ReadFrom(family, stream) })
            {
                Assert.Equal((sketch.Precision, sketch.IsSparse), (read.Precision, read.IsSparse));
                Assert.Equal(sketch.Estimate(), read.Estimate());
                Assert.Equal(sketch.MartingaleEstimate, read.MartingaleEstimate);
                Assert.Equal(bytes, read.ToBytes());

                // It goes on as the original does.
                Subject original = Subject.FromBytes(family, bytes);
                read.AddRange(50_000, 300);
                original.AddRange(50_000, 300);
                Assert.Equal(original.ToBytes(), read.ToBytes());
            }

            sketch.AddRange(50_000, 300);
            Subject restored = Subject.FromBytes(family, bytes);
            restored.AddRange(50_000, 300);
            Assert.Equal(sketch.Estimate(), restored.Estimate());
            if (martingale)
            {
                Assert.Equal(sketch.MartingaleEstimate!.Value, restored.MartingaleEstimate!.Value, 1e-6 * (1 + sketch.MartingaleEstimate.Value));
            }

            Assert.Null(Subject.TryFromBytes(family, bytes));
        }
    }

    [Fact]
    public void A_sketch_of_a_hundred_keys_is_persisted_in_440_bytes_and_a_dense_one_in_six_bits_a_register()
    {
        Assert.Equal(440, Subject.Of(Subject.Hyper, 14, 0, 100).PersistedLength);
        Assert.Equal(40 + 12_288, Subject.Of(Subject.Hyper, 14, 0, 5_000).PersistedLength);
        Assert.Equal(40 + 8_192, Subject.Of(Subject.Ultra, 13, 0, 5_000).PersistedLength);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Every_truncation_and_every_flipped_bit_is_refused_with_a_reason(string family)
    {
        foreach (byte[] bytes in new[] { Subject.Of(family, 14, 0, 3).ToBytes(), Subject.Of(family, 5, 0, 30).ToBytes() })
        {
            for (int length = 0; length < bytes.Length; length++)
            {
                AssertRefused(family, bytes[..length]);
            }

            AssertRefused(family, [.. bytes, 0]);
            for (int bit = 0; bit < bytes.Length * 8; bit++)
            {
                byte[] flipped = [.. bytes];
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                AssertRefused(family, flipped);
            }
        }
    }

    [Fact]
    public void The_families_do_not_read_each_other()
    {
        AssertRefused(Subject.Ultra, Subject.Of(Subject.Hyper, 10, 0, 5).ToBytes());
        AssertRefused(Subject.Hyper, Subject.Of(Subject.Ultra, 10, 0, 5).ToBytes());
    }

    [Theory]
    [InlineData(0, 3, "precision")]
    [InlineData(0, 19, "precision")]
    [InlineData(0, 255, "precision")]
    [InlineData(1, 0, "form")]
    [InlineData(1, 3, "form")]
    [InlineData(2, 2, "form")]
    [InlineData(3, 1, "form")]
    [InlineData(4, 200, "tokens")] // a count beyond the limit of precision 10
    [InlineData(4, 3, "bytes")]
    [InlineData(7, 0x80, "tokens")]
    [InlineData(15, 0x40, "martingale")] // an estimate that is not kept
    [InlineData(16, 0, "Token")] // below: no zeros in any token
    [InlineData(19, 0xFF, "Token")] // out of order
    public void A_payload_that_no_sketch_has_is_refused_with_a_reason(int offset, byte value, string reason)
    {
        byte[] bytes = Subject.Of(Subject.Hyper, 10, 0, 2).ToBytes();
        bytes[16 + offset] = value;
        AssertRefused(Subject.Hyper, Sealed(bytes), reason);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Whatever_byte_is_changed_under_a_right_checksum_it_is_refused_or_a_sketch_that_works(string family)
    {
        int read = 0;
        foreach (byte[] bytes in new[]
        {
            Subject.Of(family, 14, 0, 5).ToBytes(), Subject.Of(family, 4, 0, 30).ToBytes(), Subject.Of(family, 7, 0, 500).ToBytes(),
            Subject.Create(family, 5, martingale: true).ToBytes(),
        })
        {
            for (int offset = 16; offset < bytes.Length - 8; offset++)
            {
                for (int value = 0; value < 256; value++)
                {
                    byte[] changed = [.. bytes];
                    changed[offset] = (byte)value;
                    if (Subject.TryFromBytes(family, Sealed(changed)) is null)
                    {
                        Subject sketch = Subject.FromBytes(family, changed);
                        Assert.Equal(changed, sketch.ToBytes());
                        Assert.True(sketch.Estimate() >= 0);
                        sketch.AddRange(1_000, 3);
                        sketch.UnionWith(sketch.Reduce(4));
                        Assert.Equal(4, sketch.Precision);
                        read++;
                    }
                }
            }
        }

        Assert.InRange(read, 1_000, 100_000);
    }

    [Fact]
    public void Registers_and_estimates_that_no_key_leads_to_are_refused()
    {
        byte[] hyper = Subject.Of(Subject.Hyper, 4, 0, 2).ToBytes();
        hyper[32] = 62; // rank 62 of at most 61
        AssertRefused(Subject.Hyper, Sealed(hyper), "Register 0 is 62");

        byte[] ultra = Subject.Of(Subject.Ultra, 4, 0, 2).ToBytes();
        ultra[32] = 13; // a rank below the first
        AssertRefused(Subject.Ultra, Sealed(ultra), "Register 0 is 13");

        byte[] tokens = Subject.Create(Subject.Hyper, 7).ToBytes();
        tokens[16] = 6; // which has registers from the start
        AssertRefused(Subject.Hyper, Sealed(tokens), "There are 0 tokens, which precision 6 does not have");

        foreach (double estimate in new[] { double.NaN, double.NegativeInfinity, -1, -0.0 })
        {
            byte[] tracked = Subject.Create(Subject.Hyper, 4, martingale: true).ToBytes();
            BinaryPrimitives.WriteDoubleLittleEndian(tracked.AsSpan(24), estimate);
            AssertRefused(Subject.Hyper, Sealed(tracked), "martingale");
        }
    }

    [Fact]
    public void A_stream_that_announces_too_much_is_refused_before_it_is_read()
    {
        byte[] bytes = Subject.Of(Subject.Hyper, 10, 0, 2).ToBytes();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), 1L << 40);
        Assert.Throws<FormatException>(() => HyperLogLog.ReadFrom(new MemoryStream(bytes)));
        Assert.Throws<FormatException>(() => UltraLogLog.ReadFrom(new MemoryStream(bytes)));
    }

    private static byte[] Sealed(byte[] form)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(form.AsSpan(form.Length - 8), XxHash3.HashToUInt64(form.AsSpan(0, form.Length - 8)));
        return form;
    }

    private static void AssertRefused(string family, byte[] bytes, string part = "")
    {
        string? reason = Subject.TryFromBytes(family, bytes);
        Assert.NotNull(reason);
        Assert.NotEmpty(reason);
        Assert.Contains(part, reason, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Subject.FromBytes(family, bytes));
        if (part.Length > 0)
        {
            Assert.Throws<FormatException>(() => Subject.ReadFrom(family, new MemoryStream(bytes)));
        }
    }
}
