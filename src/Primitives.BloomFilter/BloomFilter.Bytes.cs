using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

public sealed partial class BloomFilter
{
    // The payload, little-endian:
    //    0  8  capacity
    //    8  8  false-positive rate, IEEE 754
    //   16  1  layout
    //   17  1  bits a key
    //   18  1  hash of the keys; 1 is XXH3-64 with seed 0 of the bytes that StableHash describes
    //   19  5  zero
    //   24  8  bits
    //   32     words
    private const int FixedFields = 32;
    private const byte StableHashId = 1;

    /// <summary>Gets the length of the persisted form in bytes.</summary>
    public long PersistedLength => PersistedForm.Overhead + FixedFields + ByteCount;

    /// <summary>Gives the persisted form as an array: the bits and what they mean, with a checksum. The form is
    /// documented, versioned and the same on every platform.</summary>
    /// <remarks>Of a filter that others add to meanwhile, every key whose <c>Add</c> returned before is included.
    /// </remarks>
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
        Fill(form);
        return form;
    }

    /// <summary>Writes the persisted form into memory.</summary>
    /// <param name="destination">At least <see cref="PersistedLength"/> bytes; not touched if it is shorter.</param>
    /// <param name="bytesWritten"><see cref="PersistedLength"/>, or 0.</param>
    /// <returns>Whether the form fitted.</returns>
    public bool TryWriteBytes(Span<byte> destination, out int bytesWritten)
    {
        bytesWritten = 0;
        if (destination.Length < PersistedLength)
        {
            return false;
        }

        bytesWritten = (int)PersistedLength;
        Fill(destination[..bytesWritten]);
        return true;
    }

    /// <summary>Writes the persisted form to a stream, at any size, in pieces and without a copy of the whole.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var writer = new PersistedWriter(stream, PersistedKind.BloomFilter, FixedFields + ByteCount);
        WritePayload(writer);
        writer.Complete();
    }

    /// <summary>Reads a filter from its persisted form.</summary>
    /// <param name="bytes">The whole form and nothing else.</param>
    /// <param name="singleWriter">As for <see cref="Create"/>; not part of the form.</param>
    /// <returns>A filter with the same bits, capacity and rate.</returns>
    /// <exception cref="FormatException">The bytes are not, or not quite, what was written; the message says why.</exception>
    public static BloomFilter FromBytes(ReadOnlySpan<byte> bytes, bool singleWriter = false) =>
        TryFromBytes(bytes, out BloomFilter? filter, out string? reason, singleWriter) ? filter : throw new FormatException(reason);

    /// <summary>Reads a filter from its persisted form, if that is what the bytes are.</summary>
    /// <param name="bytes">The whole form and nothing else.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="reason">Otherwise why the bytes were refused; nothing has been allocated for them then.</param>
    /// <param name="singleWriter"><inheritdoc cref="FromBytes" path="/param[@name='singleWriter']"/></param>
    /// <returns>Whether the bytes hold a filter.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out BloomFilter? filter, [NotNullWhen(false)] out string? reason, bool singleWriter = false)
    {
        filter = null;
        if (!PersistedForm.TryOpen(bytes, PersistedKind.BloomFilter, out ReadOnlySpan<byte> payload, out reason)
            || !TryReadShape(payload, payload.Length, out FilterShape shape, out long capacity, out double rate, out reason))
        {
            return false;
        }

        var bits = new BitTable(shape.BitCount / BitTable.WordBits);
        bits.ReadBytes(payload[FixedFields..]);
        filter = new BloomFilter(shape, bits, capacity, rate, singleWriter);
        return true;
    }

    /// <summary>Reads a filter from a stream, at any size; the stream's position ends right behind it.</summary>
    /// <remarks>Memory is allocated only for bytes that exist: at once if the stream knows its length, otherwise as they
    /// arrive, which takes up to twice the filter's size for a moment.</remarks>
    /// <param name="stream">Where from; stays open.</param>
    /// <param name="singleWriter"><inheritdoc cref="FromBytes" path="/param[@name='singleWriter']"/></param>
    /// <returns><inheritdoc cref="FromBytes" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The stream does not hold, or not quite, what was written; the message says why.
    /// </exception>
    public static BloomFilter ReadFrom(Stream stream, bool singleWriter = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new PersistedReader(stream, PersistedKind.BloomFilter);
        BloomFilter filter = ReadPayload(reader, reader.Left, singleWriter);
        reader.Complete();
        return filter;
    }

    /// <summary>Gets the bytes of the payload.</summary>
    internal long PayloadLength => FixedFields + ByteCount;

    /// <summary>Writes the payload, which another form may contain.</summary>
    internal void WritePayload(PersistedWriter writer)
    {
        Span<byte> fields = stackalloc byte[FixedFields];
        FillFields(fields);
        writer.Write(fields);
        _bits.WriteTo(writer.Write);
    }

    /// <summary>Reads a payload of a known length.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    internal static BloomFilter ReadPayload(PersistedReader reader, long length, bool singleWriter)
    {
        Span<byte> fields = stackalloc byte[FixedFields];
        reader.ReadExactly(fields);
        if (!TryReadShape(fields, length, out FilterShape shape, out long capacity, out double rate, out string? reason))
        {
            throw new FormatException(reason);
        }

        BitTable bits = BitTable.ReadFrom(reader, shape.BitCount / BitTable.WordBits);
        return new BloomFilter(shape, bits, capacity, rate, singleWriter);
    }

    private void Fill(Span<byte> form)
    {
        Span<byte> payload = PersistedForm.Begin(form, PersistedKind.BloomFilter);
        FillFields(payload);
        _bits.WriteBytes(payload[FixedFields..]);
        PersistedForm.Seal(form);
    }

    private void FillFields(Span<byte> fields)
    {
        fields[..FixedFields].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(fields, Capacity);
        BinaryPrimitives.WriteDoubleLittleEndian(fields[8..], FalsePositiveRate);
        fields[16] = (byte)Layout;
        fields[17] = (byte)HashCount;
        fields[18] = StableHashId;
        BinaryPrimitives.WriteInt64LittleEndian(fields[24..], BitCount);
    }

    private static bool TryReadShape(
        ReadOnlySpan<byte> fields, long payloadLength, out FilterShape shape, out long capacity, out double rate, [NotNullWhen(false)] out string? reason)
    {
        (shape, capacity, rate) = (default, 0, 0);
        if (fields.Length < FixedFields)
        {
            reason = $"The payload of a filter has at least {FixedFields} bytes; there are {fields.Length}.";
            return false;
        }

        capacity = BinaryPrimitives.ReadInt64LittleEndian(fields);
        rate = BinaryPrimitives.ReadDoubleLittleEndian(fields[8..]);
        var layout = (BloomFilterLayout)fields[16];
        int hashCount = fields[17];
        long bits = BinaryPrimitives.ReadInt64LittleEndian(fields[24..]);
        reason =
            capacity < 1 ? $"The capacity is {capacity}."
            : !(rate is > 0 and < 1) ? $"The false-positive rate is {rate}."
            : layout is not (BloomFilterLayout.SplitBlock or BloomFilterLayout.Classic) ? $"The layout is {fields[16]}; 1 and 2 exist."
            : hashCount is < 1 or > FilterShape.MaxHashCount || (layout == BloomFilterLayout.SplitBlock && hashCount != SplitBlock.Lanes) ? $"A key has {hashCount} bits."
            : fields[18] != StableHashId ? $"The keys were hashed by function {fields[18]}; this release knows {StableHashId}."
            : fields[19..24].ContainsAnyExcept((byte)0) ? "Reserved bytes are not zero."
            : bits < 1 || bits > FilterShape.MaxBits || bits % FilterShape.UnitBits(layout) != 0 ? $"The size is {bits} bits."
            : payloadLength != FixedFields + (bits / 8) ? $"A payload of {payloadLength} bytes cannot hold {bits} bits."
            : null;
        if (reason is not null)
        {
            return false;
        }

        shape = layout == BloomFilterLayout.SplitBlock
            ? new FilterShape(bits / SplitBlock.Bits)
            : new FilterShape(bits / BitTable.WordBits, hashCount);
        return true;
    }
}
