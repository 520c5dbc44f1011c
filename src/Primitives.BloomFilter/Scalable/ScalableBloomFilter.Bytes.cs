using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

public sealed partial class ScalableBloomFilter
{
    // The payload, little-endian:
    //    0  8  initial capacity
    //    8  8  false-positive rate, IEEE 754
    //   16  4  number of layers
    //   20  4  zero
    //   24     the layers, oldest first, each:
    //          8  keys in it
    //          8  length of what follows
    //             the payload of a BloomFilter
    private const int FixedFields = 24;
    private const int LayerFields = 16;
    private const int MaxLayers = 1_000;

    // Platforms' logarithms differ in their last digit, and so may a rate that was exactly reached elsewhere.
    private const double Rounding = 1e-6;

    /// <summary>Gets the length of the persisted form in bytes, as of now.</summary>
    public long PersistedLength => PersistedForm.Overhead + PayloadLength(Volatile.Read(ref _layers));

    /// <summary>Gives the persisted form as an array: all layers and what they mean, with a checksum.</summary>
    /// <returns>The form.</returns>
    /// <exception cref="NotSupportedException">The form is longer than an array can be; use
    /// <see cref="WriteTo(Stream)"/>.</exception>
    public byte[] ToBytes()
    {
        FilterLayer[] layers = Volatile.Read(ref _layers);
        long length = PersistedForm.Overhead + PayloadLength(layers);
        if (length > Array.MaxLength)
        {
            throw new NotSupportedException($"{length} bytes do not fit into an array; write to a stream.");
        }

        byte[] form = new byte[length];
        WriteTo(new MemoryStream(form), layers);
        return form;
    }

    /// <summary>Writes the persisted form to a stream, at any size.</summary>
    /// <remarks>Of a filter that others add to meanwhile, every key whose <c>Add</c> returned before is included.
    /// </remarks>
    /// <param name="stream">Where to; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        WriteTo(stream, Volatile.Read(ref _layers));
    }

    /// <summary>Reads a filter from its persisted form.</summary>
    /// <param name="bytes">The whole form and nothing else.</param>
    /// <returns>A filter with the same layers, which goes on growing as it would have.</returns>
    /// <exception cref="FormatException">The bytes are not, or not quite, what was written; the message says why.</exception>
    public static ScalableBloomFilter FromBytes(ReadOnlySpan<byte> bytes)
    {
        // Proved whole first: the reader below would only find out at the end, and does not mind what follows.
        if (!PersistedForm.TryOpen(bytes, PersistedKind.ScalableBloomFilter, out _, out string? reason))
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
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ScalableBloomFilter? filter, [NotNullWhen(false)] out string? reason) =>
        SpanReader.Try(bytes, FromBytes, out filter, out reason);

    /// <summary>Reads a filter from a stream, at any size; the stream's position ends right behind it.</summary>
    /// <param name="stream">Where from; stays open.</param>
    /// <returns><inheritdoc cref="FromBytes" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The stream does not hold, or not quite, what was written; the message says why.
    /// </exception>
    public static ScalableBloomFilter ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new PersistedReader(stream, PersistedKind.ScalableBloomFilter);
        Span<byte> fields = stackalloc byte[FixedFields];
        reader.ReadExactly(fields);
        long initialCapacity = BinaryPrimitives.ReadInt64LittleEndian(fields);
        double rate = BinaryPrimitives.ReadDoubleLittleEndian(fields[8..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(fields[16..]);
        Check(initialCapacity is >= 1 and <= MaxLayerCapacity, $"The initial capacity is {initialCapacity}.");
        Check(rate is > 0 and < 1, $"The false-positive rate is {rate}.");
        Check(count is >= 1 and <= MaxLayers, $"There are {count} layers.");
        Check(!fields[20..].ContainsAnyExcept((byte)0), "Reserved bytes are not zero.");

        var layers = new FilterLayer[count];
        for (int i = 0; i < count; i++)
        {
            long capacity = i == 0 ? initialCapacity : NextCapacity(layers[i - 1]);
            layers[i] = ReadLayer(reader, capacity, LayerRate(rate, i));
        }

        reader.Complete();
        return new ScalableBloomFilter(initialCapacity, rate, layers);
    }

    // The layer must be what this type makes, and large enough for what it says: the next one's size follows from its
    // capacity, and a small form must not be able to ask for gigabytes a key later.
    private static FilterLayer ReadLayer(PersistedReader reader, long capacity, double rate)
    {
        Span<byte> fields = stackalloc byte[LayerFields];
        reader.ReadExactly(fields);
        long used = BinaryPrimitives.ReadInt64LittleEndian(fields);
        BloomFilter filter = BloomFilter.ReadPayload(reader, BinaryPrimitives.ReadInt64LittleEndian(fields[8..]), singleWriter: false);
        Check(
            filter.Capacity == capacity && filter.FalsePositiveRate == rate,
            $"A layer is for {filter.Capacity} keys at {filter.FalsePositiveRate}; it should be for {capacity} at {rate}.");
        Check(
            filter.ExpectedFalsePositiveRateAt(capacity) <= rate * (1 + Rounding),
            $"A layer of {filter.BitCount} bits is too small for {capacity} keys at {rate}.");
        Check(used >= 0 && used <= filter.Capacity, $"A layer for {filter.Capacity} keys has {used}.");
        return new FilterLayer(filter, used);
    }

    private void WriteTo(Stream stream, FilterLayer[] layers)
    {
        var writer = new PersistedWriter(stream, PersistedKind.ScalableBloomFilter, PayloadLength(layers));
        Span<byte> fields = stackalloc byte[FixedFields];
        fields.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(fields, InitialCapacity);
        BinaryPrimitives.WriteDoubleLittleEndian(fields[8..], FalsePositiveRate);
        BinaryPrimitives.WriteInt32LittleEndian(fields[16..], layers.Length);
        writer.Write(fields);
        foreach (FilterLayer layer in layers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(fields, layer.Used);
            BinaryPrimitives.WriteInt64LittleEndian(fields[8..], layer.Filter.PayloadLength);
            writer.Write(fields[..LayerFields]);
            layer.Filter.WritePayload(writer);
        }

        writer.Complete();
    }

    private static long PayloadLength(FilterLayer[] layers) =>
        FixedFields + layers.Sum(layer => LayerFields + layer.Filter.PayloadLength);

    private static void Check(bool condition, string reason)
    {
        if (!condition)
        {
            throw new FormatException(reason);
        }
    }
}
