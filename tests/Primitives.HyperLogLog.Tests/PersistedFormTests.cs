using System.Buffers.Binary;
using System.IO.Hashing;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The envelope alone; each type's tests go through it again with a real payload.</summary>
public class PersistedFormTests
{
    private const PersistedKind Kind = PersistedKind.HyperLogLog;

    [Fact]
    public void The_form_is_the_documented_bytes()
    {
        byte[] form = Form([1, 2, 3]);
        Assert.Equal("5052494D0100100003000000000000000102033796F69EF0A08367", Convert.ToHexString(form));
        Assert.Equal(BitConverter.GetBytes(XxHash3.HashToUInt64(form.AsSpan(0, 19))), form[19..]);
    }

    [Fact]
    public void Spans_and_streams_write_the_same_bytes_and_read_each_other() =>
        PropertyTest.Check<byte[], byte[]>((payload, after) =>
        {
            byte[] form = Form(payload);
            var stream = new MemoryStream();
            var writer = new PersistedWriter(stream, Kind, payload.Length);
            writer.Write(payload.AsSpan(0, payload.Length / 2));
            writer.Write(payload.AsSpan(payload.Length / 2));
            writer.Complete();
            Assert.Equal(form, stream.ToArray());

            Assert.True(PersistedForm.TryOpen(form, Kind, out ReadOnlySpan<byte> opened, out _));
            Assert.Equal(payload, opened);

            stream.Write(after);
            stream.Position = 0;
            Assert.Equal(payload, new PersistedReader(stream, Kind).ReadToEnd(payload.Length));
            Assert.Equal(form.Length, stream.Position);
        });

    [Fact]
    public void Every_truncation_and_every_flipped_bit_is_refused_with_a_reason()
    {
        byte[] form = Form([1, 2, 3, 4, 5]);
        for (int length = 0; length < form.Length; length++)
        {
            AssertRefused(form[..length]);
        }

        for (int bit = 0; bit < form.Length * 8; bit++)
        {
            byte[] flipped = [.. form];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(flipped);
        }

        Assert.False(PersistedForm.TryOpen([.. form, 0], Kind, out _, out string? reason));
        Assert.Contains("announces a payload of 5 bytes; there are 6", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_kind_or_a_later_version_is_named()
    {
        byte[] form = Form([1]);
        Assert.False(PersistedForm.TryOpen(form, PersistedKind.BloomFilter, out _, out string? reason));
        Assert.Equal("The bytes hold a HyperLogLog; a BloomFilter was asked for.", reason);

        form[4] = 2;
        Assert.False(PersistedForm.TryOpen(form, Kind, out _, out reason));
        Assert.Equal("The form has version 2; this release reads version 1.", reason);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_lying_length_is_refused_before_anything_is_allocated_for_it(long length)
    {
        byte[] form = new byte[64];
        PersistedForm.WriteHeader(form, Kind, 0);
        BinaryPrimitives.WriteInt64LittleEndian(form.AsSpan(8), length);
        Assert.False(PersistedForm.TryOpen(form, Kind, out _, out _));
        Assert.Throws<FormatException>(() => new PersistedReader(new MemoryStream(form), Kind));
        Assert.Throws<FormatException>(() => new PersistedReader(new ForwardStream(form), Kind).ReadToEnd(1_000));
    }

    [Fact]
    public void A_payload_longer_than_its_fields_is_refused()
    {
        var reader = new PersistedReader(new MemoryStream(Form([1, 2, 3])), Kind);
        reader.ReadExactly(new byte[2]);
        Assert.Throws<FormatException>(reader.Complete);
        Assert.Throws<FormatException>(() => reader.ReadExactly(new byte[2]));
    }

    private static void AssertRefused(byte[] bytes)
    {
        Assert.False(PersistedForm.TryOpen(bytes, Kind, out ReadOnlySpan<byte> payload, out string? reason));
        Assert.True(payload.IsEmpty);
        Assert.NotEmpty(reason);
        Assert.Throws<FormatException>(() => new PersistedReader(new MemoryStream(bytes), Kind).ReadToEnd(1_000));
        Assert.Throws<FormatException>(() => new PersistedReader(new ForwardStream(bytes), Kind).ReadToEnd(1_000));
    }

    private static byte[] Form(ReadOnlySpan<byte> payload)
    {
        byte[] form = new byte[payload.Length + PersistedForm.Overhead];
        payload.CopyTo(PersistedForm.Begin(form, Kind));
        PersistedForm.Seal(form);
        return form;
    }
}
