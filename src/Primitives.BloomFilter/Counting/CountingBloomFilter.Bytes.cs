using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

public sealed partial class CountingBloomFilter
{
    // The payload, little-endian:
    //    0  8  capacity
    //    8  8  false-positive rate, IEEE 754
    //   16  1  hash of the keys; 1 is XXH3-64 with seed 0 of the bytes that StableHash describes
    //   17  7  zero
    //   24  8  counters
    //   32     words of 16 counters, the first in the lowest four bits
    private const int FixedFields = 32;
    private const byte StableHashId = 1;

    /// <summary>Gets the length of the persisted form in bytes.</summary>
    public long PersistedLength => PersistedForm.Overhead + FixedFields + ByteCount;

    /// <summary>Gives the persisted form as an array: the counters and what they mean, with a checksum.</summary>
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

    /// <summary>Writes the persisted form to a stream, at any size, in pieces and without a copy of the whole.</summary>
    /// <remarks>Of a filter that others change meanwhile, a key that is in it all the while is included.</remarks>
    /// <param name="stream">Where to; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var writer = new PersistedWriter(stream, PersistedKind.CountingBloomFilter, FixedFields + ByteCount);
        Span<byte> fields = stackalloc byte[FixedFields];
        fields.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(fields, Capacity);
        BinaryPrimitives.WriteDoubleLittleEndian(fields[8..], FalsePositiveRate);
        fields[16] = StableHashId;
        BinaryPrimitives.WriteInt64LittleEndian(fields[24..], _shape.BitCount);
        writer.Write(fields);
        _counters.WriteTo(writer.Write);
        writer.Complete();
    }

    /// <summary>Reads a filter from its persisted form.</summary>
    /// <param name="bytes">The whole form and nothing else.</param>
    /// <returns>A filter with the same counters, capacity and rate.</returns>
    /// <exception cref="FormatException">The bytes are not, or not quite, what was written; the message says why.</exception>
    public static CountingBloomFilter FromBytes(ReadOnlySpan<byte> bytes)
    {
        // Proved whole first: the reader below would only find out at the end, and does not mind what follows.
        if (!PersistedForm.TryOpen(bytes, PersistedKind.CountingBloomFilter, out _, out string? reason))
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
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CountingBloomFilter? filter, [NotNullWhen(false)] out string? reason) =>
        SpanReader.Try(bytes, FromBytes, out filter, out reason);

    /// <summary>Reads a filter from a stream, at any size; the stream's position ends right behind it.</summary>
    /// <remarks>Memory is allocated only for bytes that exist.</remarks>
    /// <param name="stream">Where from; stays open.</param>
    /// <returns><inheritdoc cref="FromBytes" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The stream does not hold, or not quite, what was written; the message says why.
    /// </exception>
    public static CountingBloomFilter ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new PersistedReader(stream, PersistedKind.CountingBloomFilter);
        long length = reader.Left;
        Span<byte> fields = stackalloc byte[FixedFields];
        reader.ReadExactly(fields);
        long capacity = BinaryPrimitives.ReadInt64LittleEndian(fields);
        double rate = BinaryPrimitives.ReadDoubleLittleEndian(fields[8..]);
        long counters = BinaryPrimitives.ReadInt64LittleEndian(fields[24..]);
        string? reason =
            capacity < 1 ? $"The capacity is {capacity}."
            : !(rate is > 0 and < 1) ? $"The false-positive rate is {rate}."
            : fields[16] != StableHashId ? $"The keys were hashed by function {fields[16]}; this release knows {StableHashId}."
            : fields[17..24].ContainsAnyExcept((byte)0) ? "Reserved bytes are not zero."
            : counters < 1 || counters / CounterBlock.CountersPerWord > BitTable.MaxWords || counters % SplitBlock.Bits != 0 ? $"There are {counters} counters."
            : length != FixedFields + (counters / 2) ? $"A payload of {length} bytes cannot hold {counters} counters."
            : null;
        if (reason is not null)
        {
            throw new FormatException(reason);
        }

        var shape = new FilterShape(counters / SplitBlock.Bits);
        BitTable table = BitTable.ReadFrom(reader, counters / SplitBlock.Bits * CounterBlock.Words);
        reader.Complete();
        return new CountingBloomFilter(shape, table, capacity, rate);
    }
}
