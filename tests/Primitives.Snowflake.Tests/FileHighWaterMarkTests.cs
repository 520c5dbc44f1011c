using System.Buffers.Binary;
using Primitives.Testing;
using static Primitives.Tests.SnowflakeTestSetup;

namespace Primitives.Tests;

public sealed class FileHighWaterMarkTests : IDisposable
{
    private const int Copy = 24;
    private const int SecondCopy = 4096;

    private static readonly DateTimeOffset First = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Second = First.AddSeconds(5);

    private readonly TemporaryDirectory _folder = new();

    private string FilePath => _folder.Combine("orders-3.mark");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_has_no_mark_and_leaves_nothing_behind_but_its_lock()
    {
        using (var mark = new FileHighWaterMark(FilePath))
        {
            Assert.Null(mark.Read());
            Assert.Equal(FilePath, mark.Path);
        }

        Assert.Equal([FilePath, FilePath + ".lock"], Directory.GetFileSystemEntries(_folder.FullPath).Order());
        using var reopened = new FileHighWaterMark(FilePath);
        Assert.Null(reopened.Read());
    }

    [Fact]
    public void A_raised_mark_is_there_when_the_file_is_opened_again()
    {
        using (var mark = new FileHighWaterMark(FilePath))
        {
            mark.Raise(First);
            Assert.Equal(First, mark.Read());
        }

        using var reopened = new FileHighWaterMark(FilePath);
        Assert.Equal(First, reopened.Read());
    }

    [Fact]
    public void The_mark_never_goes_down_and_a_lower_one_is_not_written()
    {
        using var mark = new FileHighWaterMark(FilePath);
        mark.Raise(Second);
        DateTime written = File.GetLastWriteTimeUtc(FilePath);

        mark.Raise(First);
        mark.Raise(Second);

        Assert.Equal(Second, mark.Read());
        Assert.Equal(written, File.GetLastWriteTimeUtc(FilePath));
    }

    [Fact]
    public void Marks_are_instants_whatever_their_offset()
    {
        using (var mark = new FileHighWaterMark(FilePath))
        {
            mark.Raise(First.ToOffset(TimeSpan.FromHours(5)));
        }

        using var reopened = new FileHighWaterMark(FilePath);
        Assert.Equal(TimeSpan.Zero, reopened.Read()!.Value.Offset);
        Assert.Equal(First, reopened.Read());
    }

    [Fact]
    public void The_format_is_the_documented_one()
    {
        byte[] content = FileWith(First);

        string record = "536E6F774D61726B" + "0100" + "0100" + Hex(First.UtcTicks) + HexChecksum(First);
        Assert.Equal(SecondCopy + Copy, content.Length);
        Assert.Equal(record, Convert.ToHexString(content.AsSpan(0, Copy)));
        Assert.Equal(record, Convert.ToHexString(content.AsSpan(SecondCopy, Copy)));
        Assert.Equal(-1, content.AsSpan(Copy, SecondCopy - Copy).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_second_holder_of_the_file_is_refused_until_the_first_lets_go()
    {
        using (new FileHighWaterMark(FilePath))
        {
            IOException refusal = Assert.Throws<IOException>(() => new FileHighWaterMark(FilePath));
            Assert.Contains("same worker id", refusal.Message, StringComparison.Ordinal);
        }

        new FileHighWaterMark(FilePath).Dispose();
    }

    [Fact]
    public void A_closed_file_takes_no_mark_and_gives_none()
    {
        var mark = new FileHighWaterMark(FilePath);
        mark.Raise(First);
        mark.Dispose();
        mark.Dispose();

        Assert.Throws<ObjectDisposedException>(() => mark.Raise(Second));
        Assert.Throws<ObjectDisposedException>(() => mark.Read());
    }

    [Fact]
    public void A_crash_at_any_byte_of_a_write_leaves_the_old_or_the_new_mark_and_the_new_one_once_a_copy_is_whole()
    {
        byte[] before = FileWith(First);
        byte[] after = FileWith(Second);
        for (int written = 0; written <= 2 * Copy; written++)
        {
            byte[] torn = (byte[])before.Clone();
            int inFirst = Math.Min(written, Copy);
            after.AsSpan(0, inFirst).CopyTo(torn);
            after.AsSpan(SecondCopy, written - inFirst).CopyTo(torn.AsSpan(SecondCopy));

            DateTimeOffset? recovered = Open(torn);

            Assert.True(recovered == Second || (recovered == First && written < Copy), $"{recovered:O} after {written} bytes");
        }
    }

    [Fact]
    public void A_crash_that_leaves_garbage_or_zeros_in_the_copy_being_written_loses_nothing()
    {
        var random = new Random(7);
        byte[] whole = FileWith(First);
        foreach (int copy in (int[])[0, SecondCopy])
        {
            byte[] zeroed = (byte[])whole.Clone();
            zeroed.AsSpan(copy, Copy).Clear();
            Assert.Equal(First, Open(zeroed));

            byte[] garbage = (byte[])whole.Clone();
            random.NextBytes(garbage.AsSpan(copy, Copy));
            Assert.Equal(First, Open(garbage));
        }
    }

    [Fact]
    public void Any_damaged_bit_of_either_copy_is_noticed_and_the_other_copy_serves()
    {
        byte[] whole = FileWith(First);
        for (int i = 0; i < 2 * Copy; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = (byte[])whole.Clone();
                damaged[i < Copy ? i : SecondCopy + i - Copy] ^= (byte)(1 << bit);
                Assert.Equal(First, Open(damaged));
            }
        }
    }

    [Fact]
    public void Opening_a_damaged_file_heals_it()
    {
        byte[] whole = FileWith(First);
        foreach (int copy in (int[])[0, SecondCopy])
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[copy + 9] ^= 1;
            Assert.Equal(First, Open(damaged));
            Assert.Equal(whole, File.ReadAllBytes(FilePath));
        }

        Assert.Equal(First, Open(whole[..Copy]));
        Assert.Equal(whole, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_file_truncated_anywhere_serves_from_a_whole_copy_or_is_refused_but_never_starts_afresh()
    {
        byte[] whole = FileWith(First);
        for (int length = 0; length < whole.Length; length += length is >= Copy and < SecondCopy - 1 ? 97 : 1)
        {
            byte[] truncated = whole[..length];
            if (length < Copy)
            {
                FormatException refusal = Assert.Throws<FormatException>(() => Open(truncated));
                Assert.Contains($"first copy: {length} of {Copy} bytes", refusal.Message, StringComparison.Ordinal);
                Assert.Equal(truncated, File.ReadAllBytes(FilePath)); // left for the operator to look at
            }
            else
            {
                Assert.Equal(First, Open(truncated));
            }
        }
    }

    [Fact]
    public void Files_with_no_whole_copy_are_refused_with_the_reason()
    {
        AssertRefused("not a high-water mark", content => content[0] ^= 1);
        AssertRefused("wrong checksum", content => content[15] ^= 1);
        AssertRefused("version 2 and kind 1", content => Rewrite(content, record => record[8] = 2));
        AssertRefused("version 1 and kind 7", content => Rewrite(content, record => record[10] = 7));
        AssertRefused("mark -1 is not a date", content => Rewrite(content, record => record[12..20].Fill(0xFF)));
        AssertRefused("not a date", content => Rewrite(content, record => BinaryPrimitives.WriteInt64LittleEndian(record[12..], long.MaxValue)));

        File.WriteAllText(FilePath, new string('x', 10_000));
        Assert.Throws<FormatException>(() => new FileHighWaterMark(FilePath));
    }

    [Fact]
    public void A_file_that_was_refused_is_not_left_locked()
    {
        File.WriteAllBytes(FilePath, []);
        Assert.Throws<FormatException>(() => new FileHighWaterMark(FilePath));
        File.Delete(FilePath);
        new FileHighWaterMark(FilePath).Dispose();
    }

    [Fact]
    public void A_draft_left_by_a_crash_at_the_first_start_does_no_harm()
    {
        File.WriteAllBytes(FilePath + ".tmp", new byte[10_000]);
        using var mark = new FileHighWaterMark(FilePath);
        Assert.Null(mark.Read());
        Assert.Equal(SecondCopy + Copy, new FileInfo(FilePath).Length);
        Assert.False(File.Exists(FilePath + ".tmp"));
    }

    [Fact]
    public void The_path_must_lead_somewhere()
    {
        Assert.Throws<ArgumentNullException>("path", () => new FileHighWaterMark(null!));
        Assert.Throws<ArgumentException>("path", () => new FileHighWaterMark(""));
        Assert.Throws<DirectoryNotFoundException>(() => new FileHighWaterMark(_folder.Combine("missing/orders.mark")));
    }

    [Fact]
    public void Racing_starts_on_a_new_file_leave_exactly_one_holder()
    {
        for (int round = 0; round < 20; round++)
        {
            string path = _folder.Combine($"race-{round}.mark");
            var held = new FileHighWaterMark?[4];
            Race.Run(held.Length, thread =>
            {
                try
                {
                    held[thread.Index] = new FileHighWaterMark(path);
                }
                catch (IOException)
                {
                    held[thread.Index] = null;
                }
            });

            Assert.Single(held, mark => mark is not null);
            Array.ForEach(held, mark => mark?.Dispose());
        }

        Assert.Equal(2 * 20, Directory.GetFiles(_folder.FullPath).Length);
    }

    [Fact]
    public void Racing_raises_leave_the_latest()
    {
        using (var mark = new FileHighWaterMark(FilePath))
        {
            Race.Run(4, thread =>
            {
                for (int i = 0; i < 50; i++)
                {
                    DateTimeOffset mine = First.AddSeconds(thread.Random.Next(1_000));
                    mark.Raise(mine);
                    Assert.True(mark.Read() >= mine);
                }

                mark.Raise(First.AddSeconds(2_000 + thread.Index));
            });
        }

        Assert.Equal(First.AddSeconds(2_003), Open(File.ReadAllBytes(FilePath)));
    }

    [Fact]
    public void A_generator_restarted_on_its_file_repeats_no_id_whatever_the_clock_did()
    {
        var time = new ManualTimeProvider();
        var random = new Random(11);
        long highest = -1;
        for (int life = 0; life < 30; life++)
        {
            time.AdvanceUtc(-random.Next(0, 40) * Millisecond);
            using var mark = new FileHighWaterMark(FilePath);
            SnowflakeGenerator ids = Generator(time, SequenceOverflow.Borrow, maxAheadMs: 100, mark: mark);
            for (int i = 0; i < 50 && ids.TryNext(out long id); i++)
            {
                Assert.True(id > highest);
                highest = id;
                time.Advance(random.Next(0, 3) * Millisecond);
            }
        }

        Assert.True(highest > 0);
    }

    private byte[] FileWith(DateTimeOffset? mark)
    {
        string path = _folder.Combine(Guid.NewGuid().ToString("N"));
        using (var file = new FileHighWaterMark(path))
        {
            if (mark is not null)
            {
                file.Raise(mark.Value);
            }
        }

        byte[] content = File.ReadAllBytes(path);
        File.Delete(path);
        return content;
    }

    private DateTimeOffset? Open(byte[] content)
    {
        File.WriteAllBytes(FilePath, content);
        using var mark = new FileHighWaterMark(FilePath);
        return mark.Read();
    }

    private void AssertRefused(string reason, Action<byte[]> damage)
    {
        byte[] content = FileWith(First);
        damage(content);
        content.AsSpan(0, Copy).CopyTo(content.AsSpan(SecondCopy));
        FormatException refusal = Assert.Throws<FormatException>(() => Open(content));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private delegate void RecordChange(Span<byte> record);

    private static void Rewrite(byte[] content, RecordChange change)
    {
        Span<byte> record = content.AsSpan(0, Copy);
        change(record);
        BinaryPrimitives.WriteUInt32LittleEndian(record[20..], Crc32C(record[..20]));
    }

    private static string HexChecksum(DateTimeOffset mark)
    {
        byte[] record = Convert.FromHexString("536E6F774D61726B01000100" + Hex(mark.UtcTicks));
        byte[] checksum = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C(record));
        return Convert.ToHexString(checksum);
    }

    private static string Hex(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Convert.ToHexString(bytes);
    }

    /// <summary>CRC-32C bit by bit, from its definition: polynomial 0x1EDC6F41, reflected, inverted before and after.</summary>
    private static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return ~crc;
    }
}
