using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Primitives;

public sealed partial class BinaryFuseFilter
{
    // The payload, little-endian:
    //    0  4  keys
    //    4  1  bits of a fingerprint
    //    5  1  hash of the keys; 1 is XXH3-64 with seed 0 of the bytes that StableHash describes
    //    6  2  zero
    //    8  8  seed
    //   16  4  slots of a segment
    //   20  4  segments that can be a key's first
    //   24     fingerprints
    private const int FixedFields = 24;
    private const byte StableHashId = 1;

    /// <summary>Gets the length of the persisted form in bytes.</summary>
    public long PersistedLength => PersistedForm.Overhead + FixedFields + ByteCount;

    /// <summary>Gives the persisted form as an array: the fingerprints and what they mean, with a checksum.</summary>
    /// <returns><see cref="PersistedLength"/> bytes.</returns>
    /// <exception cref="NotSupportedException">The form is longer than an array can be; use
    /// <see cref="WriteTo(Stream)"/>.</exception>
    public byte[] ToBytes()
    {
        if (PersistedLength > Array.MaxLength)
        {
            throw new NotSupportedException($"{PersistedLength} bytes do not fit into an array; write to a stream.");
        }

        byte[] form = new byte[PersistedLength];
        WriteTo(new MemoryStream(form));
        return form;
    }

    /// <summary>Writes the persisted form to a stream, at any size.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var writer = new PersistedWriter(stream, PersistedKind.BinaryFuseFilter, FixedFields + ByteCount);
        Span<byte> fields = stackalloc byte[FixedFields];
        fields.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(fields, Count);
        fields[4] = (byte)FingerprintBits;
        fields[5] = StableHashId;
        BinaryPrimitives.WriteUInt64LittleEndian(fields[8..], _seed);
        BinaryPrimitives.WriteInt32LittleEndian(fields[16..], _shape.SegmentLength);
        BinaryPrimitives.WriteInt32LittleEndian(fields[20..], _shape.FirstSegments);
        writer.Write(fields);
        writer.Write(_eights);
        for (ReadOnlySpan<ushort> left = _sixteens; !left.IsEmpty;)
        {
            ReadOnlySpan<ushort> piece = left[..Math.Min(PieceLength, left.Length)];
            left = left[piece.Length..];
            writer.Write(MemoryMarshal.AsBytes(BitConverter.IsLittleEndian ? piece : Turned(piece)));
        }

        writer.Complete();
    }

    /// <summary>Reads a filter from its persisted form.</summary>
    /// <param name="bytes">The whole form and nothing else.</param>
    /// <returns>An equal filter.</returns>
    /// <exception cref="FormatException">The bytes are not, or not quite, what was written; the message says why.</exception>
    public static BinaryFuseFilter FromBytes(ReadOnlySpan<byte> bytes)
    {
        // Proved whole first: the reader below would only find out at the end, and does not mind what follows.
        if (!PersistedForm.TryOpen(bytes, PersistedKind.BinaryFuseFilter, out _, out string? reason))
        {
            throw new FormatException(reason);
        }

        return SpanReader.Read(bytes, ReadFrom);
    }

    /// <summary>Reads a filter from its persisted form, if that is what the bytes are.</summary>
    /// <param name="bytes">The whole form and nothing else.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="reason">Otherwise why the bytes were refused.</param>
    /// <returns>Whether the bytes hold a filter.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out BinaryFuseFilter? filter, [NotNullWhen(false)] out string? reason) =>
        SpanReader.Try(bytes, FromBytes, out filter, out reason);

    /// <summary>Reads a filter from a stream, at any size; the stream's position ends right behind it.</summary>
    /// <remarks>Memory is allocated only for bytes that exist.</remarks>
    /// <param name="stream">Where from; stays open.</param>
    /// <returns><inheritdoc cref="FromBytes" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The stream does not hold, or not quite, what was written; the message says why.
    /// </exception>
    public static BinaryFuseFilter ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new PersistedReader(stream, PersistedKind.BinaryFuseFilter);
        long length = reader.Left;
        Span<byte> fields = stackalloc byte[FixedFields];
        reader.ReadExactly(fields);
        int count = BinaryPrimitives.ReadInt32LittleEndian(fields);
        int bits = fields[4];
        ulong seed = BinaryPrimitives.ReadUInt64LittleEndian(fields[8..]);
        var shape = new FuseShape(BinaryPrimitives.ReadInt32LittleEndian(fields[16..]), BinaryPrimitives.ReadInt32LittleEndian(fields[20..]));
        string? reason =
            count < 0 || count > MaxCount ? $"There are {count} keys."
            : bits is not (8 or 16) ? $"A fingerprint has {bits} bits."
            : fields[5] != StableHashId ? $"The keys were hashed by function {fields[5]}; this release knows {StableHashId}."
            : fields[6..8].ContainsAnyExcept((byte)0) ? "Reserved bytes are not zero."
            : shape.SegmentLength < 1 || shape.SegmentLength > FuseShape.MaxSegmentLength || !BitOperations.IsPow2(shape.SegmentLength) ? $"A segment has {shape.SegmentLength} slots."
            : shape.FirstSegments < 1 || shape.SlotCount > Array.MaxLength ? $"A key can begin in {shape.FirstSegments} segments."
            : length != FixedFields + (shape.SlotCount * bits / 8) ? $"A payload of {length} bytes cannot hold {shape.SlotCount} fingerprints."
            : null;
        if (reason is not null)
        {
            throw new FormatException(reason);
        }

        byte[] eights = bits == 8 ? ReadTable<byte>(reader, (int)shape.SlotCount) : [];
        ushort[] sixteens = bits == 16 ? ReadTable<ushort>(reader, (int)shape.SlotCount) : [];
        reader.Complete();
        return new BinaryFuseFilter(count, shape, seed, eights, BitConverter.IsLittleEndian ? sixteens : Turned(sixteens));
    }

    private const int PieceLength = 1 << 16;

    // At once if the bytes are known to exist, otherwise at most twice what has arrived.
    private static T[] ReadTable<T>(PersistedReader reader, int length)
        where T : unmanaged
    {
        T[] table = reader.IsLengthProven ? GC.AllocateUninitializedArray<T>(length) : [];
        for (int read = 0; read < length;)
        {
            if (read == table.Length)
            {
                Array.Resize(ref table, (int)Math.Min(length, Math.Max(PieceLength, 2L * read)));
            }

            Span<T> piece = table.AsSpan(read, Math.Min(PieceLength, table.Length - read));
            reader.ReadExactly(MemoryMarshal.AsBytes(piece));
            read += piece.Length;
        }

        return table;
    }

    private static ushort[] Turned(ReadOnlySpan<ushort> words)
    {
        ushort[] turned = new ushort[words.Length];
        BinaryPrimitives.ReverseEndianness(words, turned);
        return turned;
    }
}
