using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Primitives;

/// <summary>
/// What the second level holds for a key.
/// </summary>
/// <remarks>
/// All numbers are little-endian:
/// <code>
/// offset  size  field
/// 0       4     magic, the characters PRHC
/// 4       1     version, 1
/// 5       1     flags: 1 = the value is null
/// 6       2     number of tags
/// 8       8     created, UTC ticks
/// 16      8     expires, UTC ticks
/// 24      4     k, bytes of the key
/// 28      4     p, bytes of the payload
/// 32      k     key, UTF-8
///               tags, each as a length of 4 bytes and UTF-8
///         p     payload
///         4     CRC-32C of all bytes before
/// </code>
/// The key is in it because a second level that mixes keys up, or is tampered with, must not hand one user's value to
/// another.
/// </remarks>
internal readonly record struct HybridPayload(long CreatedAt, long ExpiresAt, string[] Tags, bool IsNull, ReadOnlyMemory<byte> Value)
{
    private const uint Magic = 0x43485250;
    private const byte Version = 1;
    private const byte NullFlag = 1;
    private const int HeaderLength = 32;

    /// <summary>The most a payload takes besides the value.</summary>
    public static int Overhead(string key, string[] tags) =>
        HeaderLength + Encoding.UTF8.GetByteCount(key) + tags.Sum(static tag => sizeof(int) + Encoding.UTF8.GetByteCount(tag)) + sizeof(uint);

    public byte[] ToBytes(string key)
    {
        byte[] bytes = new byte[Overhead(key, Tags) + Value.Length];
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(span, Magic);
        span[4] = Version;
        span[5] = IsNull ? NullFlag : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(span[6..], checked((ushort)Tags.Length));
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], CreatedAt);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], ExpiresAt);
        int keyLength = Encoding.UTF8.GetBytes(key, span[HeaderLength..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], keyLength);
        BinaryPrimitives.WriteInt32LittleEndian(span[28..], Value.Length);
        int at = HeaderLength + keyLength;
        foreach (string tag in Tags)
        {
            int length = Encoding.UTF8.GetBytes(tag, span[(at + sizeof(int))..]);
            BinaryPrimitives.WriteInt32LittleEndian(span[at..], length);
            at += sizeof(int) + length;
        }

        Value.Span.CopyTo(span[at..]);
        at += Value.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(span[at..], Checksum(span[..at]));
        return bytes;
    }

    /// <summary>Reads bytes that may be anything. The value is not copied.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, string key, out HybridPayload payload)
    {
        payload = default;
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderLength + sizeof(uint)
            || BinaryPrimitives.ReadUInt32LittleEndian(span) != Magic
            || span[4] != Version
            || (span[5] & ~NullFlag) != 0
            || BinaryPrimitives.ReadUInt32LittleEndian(span[^sizeof(uint)..]) != Checksum(span[..^sizeof(uint)]))
        {
            return false;
        }

        int tagCount = BinaryPrimitives.ReadUInt16LittleEndian(span[6..]);
        int keyLength = BinaryPrimitives.ReadInt32LittleEndian(span[24..]);
        int valueLength = BinaryPrimitives.ReadInt32LittleEndian(span[28..]);
        ReadOnlySpan<byte> rest = span[HeaderLength..^sizeof(uint)];
        if ((uint)keyLength > rest.Length || !rest[..keyLength].SequenceEqual(Encoding.UTF8.GetBytes(key)))
        {
            return false;
        }

        rest = rest[keyLength..];
        if (tagCount > rest.Length / sizeof(int))
        {
            return false;
        }

        string[] tags = tagCount == 0 ? [] : new string[tagCount];
        for (int i = 0; i < tagCount; i++)
        {
            if (rest.Length < sizeof(int)
                || BinaryPrimitives.ReadInt32LittleEndian(rest) is var length && (uint)length > rest.Length - sizeof(int))
            {
                return false;
            }

            tags[i] = Encoding.UTF8.GetString(rest.Slice(sizeof(int), length));
            rest = rest[(sizeof(int) + length)..];
        }

        if (valueLength != rest.Length)
        {
            return false;
        }

        payload = new HybridPayload(
            BinaryPrimitives.ReadInt64LittleEndian(span[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(span[16..]),
            tags,
            (span[5] & NullFlag) != 0,
            bytes.Slice(bytes.Length - sizeof(uint) - valueLength, valueLength));
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte left in bytes)
        {
            crc = BitOperations.Crc32C(crc, left);
        }

        return ~crc;
    }
}
