using System.Buffers.Binary;
using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>What can be shown without a server; <see cref="RedisServerTests"/> has the rest.</summary>
public class RedisHyperLogLogTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(300, 301)]
    [InlineData(5_000, 5_005)]
    public void Bytes_and_counts_are_those_that_Redis_7_gave(int elements, long count)
    {
        byte[] golden = File.ReadAllBytes(RepositoryRoot.Combine("tests", "Primitives.HyperLogLog.Tests", "Golden", $"redis-7.0.15-{elements}.bin"));
        RedisHyperLogLog ours = Of(elements);
        Assert.Equal(count, ours.Count());
        Assert.Equal(golden, ours.ToBytes());
        Assert.Equal(count, RedisHyperLogLog.FromBytes(golden).Count());
        Assert.Equal(golden.Length, ours.PersistedLength);
    }

    [Theory]
    [InlineData(0, 0xD8DFEA6585BC9732)]
    [InlineData(1, 0xA55B92CE23AFA288)]
    [InlineData(7, 0xF13171E95BCC5338)]
    [InlineData(8, 0x710AB1039E88EED5)]
    [InlineData(9, 0x9C1CF6A1355E79D3)]
    [InlineData(16, 0x1233FFE7833F4E22)]
    public void The_hash_is_MurmurHash64A_with_the_seed_of_Redis(int length, ulong hash) =>
        Assert.Equal(hash, MurmurHash64A.Compute(Counting(length)));

    [Fact]
    public void The_hash_is_right_at_every_length()
    {
        // Of the bytes 0, 1, 2 ..., of all lengths to 255; both from another implementation, in Python.
        ulong sum = 0;
        for (int length = 0; length < 256; length++)
        {
            sum = unchecked((sum * 31) + MurmurHash64A.Compute(Counting(length)));
        }

        Assert.Equal(0x287BA3B9E675A60FUL, sum);
    }

    [Fact]
    public void An_empty_string_is_18_bytes_and_stale_until_it_is_counted()
    {
        var sketch = new RedisHyperLogLog();
        Assert.Equal("48594C4C01000000" + "0000000000000080" + "7FFF", Convert.ToHexString(sketch.ToBytes()));
        Assert.True(sketch.IsSparse);
        Assert.Equal(0, sketch.Count());
        Assert.Equal("48594C4C01000000" + "0000000000000000" + "7FFF", Convert.ToHexString(sketch.ToBytes()));
    }

    [Fact]
    public void Text_is_its_UTF_8()
    {
        foreach (string text in new[] { "", "ada", "ключ", "\ud83d\ude00", "lone \ud83d", new string('я', 10_000) })
        {
            var sketch = new RedisHyperLogLog();
            Assert.True(sketch.Add(text));
            Assert.False(sketch.Add(Encoding.UTF8.GetBytes(text)));
        }
    }

    [Fact]
    public void Registers_are_the_highest_ranks_whatever_the_form()
    {
        // The naive model: a register each, with the highest rank.
        var random = new Random(4);
        foreach (int limit in new[] { 0, 500, 3_000, 20_000 })
        {
            var value = new RedisString(limit);
            byte[] model = new byte[RedisString.Registers];
            byte[] registers = new byte[RedisString.Registers];
            for (int i = 0; i < 6_000; i++)
            {
                int register = random.Next(3) == 0 ? random.Next(64) : random.Next(RedisString.Registers);
                int rank = 1 + random.Next(random.Next(400) == 0 && limit < 20_000 ? RedisString.MaxRank : 4);
                Assert.Equal(rank > model[register], value.Raise(register, rank));
                model[register] = (byte)Math.Max(model[register], rank);
                if (i % 100 == 0)
                {
                    value.CopyRegistersTo(registers);
                    Assert.Equal(model, registers);
                    Assert.True(RedisString.TryRead(value.Bytes, limit, out _, out string? reason), reason);
                }
            }
        }
    }

    [Fact]
    public void Every_register_of_the_dense_form_is_set_and_read_alone()
    {
        var value = new RedisString(0);
        byte[] registers = new byte[RedisString.Registers];
        byte[] model = new byte[RedisString.Registers];
        for (int register = 0; register < RedisString.Registers; register += register < 16 || register > 16_360 ? 1 : 37)
        {
            model[register] = (byte)(1 + (register % RedisString.MaxRank));
            value.Raise(register, model[register]);
            value.CopyRegistersTo(registers);
            Assert.Equal(model, registers);
        }
    }

    [Fact]
    public void A_count_that_is_not_stale_is_taken_from_the_string()
    {
        byte[] bytes = Of(10).ToBytes();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), 123_456);
        RedisHyperLogLog sketch = RedisHyperLogLog.FromBytes(bytes);
        Assert.Equal(123_456, sketch.Count());
        Assert.False(sketch.Add("element:3"));
        Assert.Equal(123_456, sketch.Count());
        Assert.True(sketch.Add("another"));
        Assert.Equal(11, sketch.Count());
    }

    [Fact]
    public void Registers_at_the_highest_rank_count_as_more_than_can_be_told()
    {
        byte[] registers = new byte[RedisString.Registers];
        registers.AsSpan().Fill(RedisString.MaxRank);
        RedisHyperLogLog sketch = RedisHyperLogLog.FromBytes(Dense(registers));
        Assert.Equal(long.MaxValue, sketch.Count());
        Assert.False(sketch.Add("anything"));
    }

    [Fact]
    public void Truncated_strings_are_refused_with_a_reason()
    {
        foreach (byte[] bytes in new[] { Of(300).ToBytes(), Of(5_000).ToBytes() })
        {
            for (int length = 0; length < bytes.Length; length += length < 800 ? 1 : 101)
            {
                AssertRefused(bytes[..length]);
            }

            AssertRefused([.. bytes, 0]);
        }
    }

    [Theory]
    [InlineData(0, 'h', "HYLL")]
    [InlineData(3, 0, "HYLL")]
    [InlineData(4, 2, "encoding")]
    [InlineData(4, 255, "encoding")]
    [InlineData(4, 0, "dense")] // a dense string of sparse length
    [InlineData(5, 1, "encoding")]
    [InlineData(7, 9, "encoding")]
    [InlineData(16, 0x7E, "cover")]
    [InlineData(16, 0x3F, "opcode")] // ZERO of 64, then the second byte is VAL... and too few
    [InlineData(17, 0xFE, "cover")]
    public void Corrupted_headers_and_opcodes_are_refused_with_a_reason(int offset, byte value, string reason)
    {
        byte[] bytes = new RedisHyperLogLog().ToBytes();
        bytes[offset] = value;
        AssertRefused(bytes, reason);
    }

    [Theory]
    [InlineData("7FFF00", "more than")] // 16,384 zeros and one more
    [InlineData("7FFF80", "more than")]
    [InlineData("7FFE83", "more than")] // three registers too many in a VAL
    [InlineData("7F", "second byte")]
    [InlineData("807F", "second byte")]
    [InlineData("", "0 of 16384")]
    [InlineData("3F", "64 of 16384")]
    public void Opcodes_that_do_not_cover_the_registers_are_refused(string opcodes, string reason) =>
        AssertRefused([.. "HYLL"u8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, .. Convert.FromHexString(opcodes)], reason);

    [Fact]
    public void Random_opcodes_are_read_or_refused_but_never_overrun()
    {
        var random = new Random(5);
        byte[] header = new RedisHyperLogLog().ToBytes()[..16];
        for (int round = 0; round < 20_000; round++)
        {
            byte[] opcodes = new byte[random.Next(0, 600)];
            random.NextBytes(opcodes);
            byte[] bytes = [.. header, .. opcodes];
            if (RedisHyperLogLog.TryFromBytes(bytes, out RedisHyperLogLog? read, out _))
            {
                Assert.Equal(bytes, read.ToBytes());
            }
        }
    }

    [Fact]
    public void A_register_above_the_highest_rank_is_refused()
    {
        byte[] registers = new byte[RedisString.Registers];
        registers[500] = 52;
        AssertRefused(Dense(registers), "Register 500 is 52");
    }

    [Fact]
    public void Opcodes_that_Redis_would_not_write_are_kept_and_worked_with()
    {
        // XZERO where ZERO would do, neighbours not joined: legal, as another program may write them.
        byte[] bytes = [.. "HYLL"u8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x40, 0x00, 0x80, 0x80, 0x7F, 0xFC];
        RedisHyperLogLog sketch = RedisHyperLogLog.FromBytes(bytes);
        Assert.Equal(bytes, sketch.ToBytes());
        Assert.Equal(2, sketch.Count());
        Assert.True(RedisString.TryRead(bytes, 3_000, out RedisString? value, out _));
        Assert.True(value.Raise(0, 1)); // XZERO of one becomes VAL, then all three join
        Assert.Equal("827FFC", Convert.ToHexString(value.Bytes[16..]));
    }

    [Fact]
    public void Unions_take_the_highest_of_each_register_and_may_include_itself()
    {
        RedisHyperLogLog left = Of(1_000);
        var right = new RedisHyperLogLog();
        for (int i = 500; i < 1_500; i++)
        {
            right.Add($"element:{i}");
        }

        RedisHyperLogLog all = Of(1_500);
        left.UnionWith(right, left);
        Assert.Equal(all.Count(), left.Count());
        Assert.True(left.IsSparse);
        Assert.Equal(Registers(all), Registers(left));

        left.UnionWith(Of(5_000));
        Assert.False(left.IsSparse);
        Assert.Equal(Of(5_000).Count(), left.Count());
        Assert.Throws<ArgumentNullException>("others", () => left.UnionWith(right, null!));
    }

    [Fact]
    public void Threads_that_add_and_unite_lose_nothing()
    {
        for (int round = 0; round < 3; round++)
        {
            var left = new RedisHyperLogLog();
            var right = new RedisHyperLogLog();
            Race.Run(4, thread =>
            {
                RedisHyperLogLog mine = thread.Index % 2 == 0 ? left : right;
                for (int i = 0; i < 2_000; i++)
                {
                    mine.Add($"element:{(thread.Index * 2_000) + i}");
                    if (i % 500 == 0)
                    {
                        left.UnionWith(right);
                        right.UnionWith(left);
                        left.Count();
                    }
                }
            });
            left.UnionWith(right);
            Assert.Equal(Registers(Of(8_000)), Registers(left));
        }
    }

    [Fact]
    public void Room_is_needed_and_arguments_are_checked()
    {
        RedisHyperLogLog sketch = Of(10);
        Span<byte> room = new byte[100];
        Assert.True(sketch.TryWriteBytes(room, out int written));
        Assert.Equal(sketch.ToBytes(), room[..written].ToArray());
        Assert.False(sketch.TryWriteBytes(room[..(written - 1)], out written));
        Assert.Equal(0, written);
        Assert.Throws<ArgumentOutOfRangeException>("sparseMaxBytes", () => new RedisHyperLogLog(-1));
        Assert.Throws<ArgumentOutOfRangeException>("sparseMaxBytes", () => RedisHyperLogLog.FromBytes(sketch.ToBytes(), -1));
    }

    private static RedisHyperLogLog Of(int elements)
    {
        var sketch = new RedisHyperLogLog();
        for (int i = 0; i < elements; i++)
        {
            sketch.Add($"element:{i}");
        }

        return sketch;
    }

    private static byte[] Counting(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];

    private static byte[] Registers(RedisHyperLogLog sketch)
    {
        byte[] registers = new byte[RedisString.Registers];
        Assert.True(RedisString.TryRead(sketch.ToBytes(), 3_000, out RedisString? value, out _));
        value.CopyRegistersTo(registers);
        return registers;
    }

    private static byte[] Dense(byte[] registers)
    {
        byte[] bytes = new byte[12_304];
        "HYLL"u8.CopyTo(bytes);
        bytes[15] = 0x80;
        SixBits.Pack(registers, bytes.AsSpan(16));
        return bytes;
    }

    private static void AssertRefused(byte[] bytes, string part = "")
    {
        Assert.False(RedisHyperLogLog.TryFromBytes(bytes, out RedisHyperLogLog? value, out string? reason));
        Assert.Null(value);
        Assert.NotEmpty(reason);
        Assert.Contains(part, reason, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => RedisHyperLogLog.FromBytes(bytes));
    }
}
