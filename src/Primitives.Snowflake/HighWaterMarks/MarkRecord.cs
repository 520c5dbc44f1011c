using System.Buffers.Binary;
using System.Numerics;

namespace Primitives;

/// <summary>One copy of the mark in the file of a <see cref="FileHighWaterMark"/>, whose documentation gives the
/// format.</summary>
internal static class MarkRecord
{
    public const int Length = ChecksumAt + sizeof(uint);

    private const int VersionAt = 8;
    private const int KindAt = 10;
    private const int MarkAt = 12;
    private const int ChecksumAt = 20;
    private const ushort Version = 1;
    private const ushort Kind = 1;

    private static ReadOnlySpan<byte> Magic => "SnowMark"u8;

    public static void Write(Span<byte> record, DateTimeOffset? mark)
    {
        Magic.CopyTo(record);
        BinaryPrimitives.WriteUInt16LittleEndian(record[VersionAt..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(record[KindAt..], Kind);
        BinaryPrimitives.WriteInt64LittleEndian(record[MarkAt..], mark?.UtcTicks ?? 0);
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumAt..], Checksum(record[..ChecksumAt]));
    }

    /// <summary>Reads a copy.</summary>
    /// <returns><see langword="null"/> if it is whole; otherwise what is wrong with it.</returns>
    public static string? TryRead(ReadOnlySpan<byte> record, out DateTimeOffset? mark)
    {
        mark = null;
        if (record.Length < Length)
        {
            return $"{record.Length} of {Length} bytes";
        }

        if (!record.StartsWith(Magic))
        {
            return "not a high-water mark";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(record[ChecksumAt..]) != Checksum(record[..ChecksumAt]))
        {
            return "wrong checksum";
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(record[VersionAt..]);
        ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(record[KindAt..]);
        if (version != Version || kind != Kind)
        {
            return $"version {version} and kind {kind}, but this program knows version {Version} and kind {Kind}";
        }

        long ticks = BinaryPrimitives.ReadInt64LittleEndian(record[MarkAt..]);
        if (ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks)
        {
            return $"mark {ticks} is not a date";
        }

        mark = ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
        return null;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
