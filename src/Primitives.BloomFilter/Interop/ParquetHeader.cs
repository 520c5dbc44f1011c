namespace Primitives;

/// <summary>The header before a bitset in a Parquet file.</summary>
/// <remarks><b>Source.</b> Apache Parquet format, parquet.thrift: <c>BloomFilterHeader { 1: i32 numBytes; 2: algorithm
/// (1: BLOCK); 3: hash (1: XXHASH); 4: compression (1: UNCOMPRESSED) }</c>; each of the last three is a union with an
/// empty struct inside.</remarks>
internal static class ParquetHeader
{
    private static readonly string[] UnionNames = ["algorithm", "hash", "compression"];

    /// <summary>Writes a header, in the bytes that every writer gives.</summary>
    public static void Write(Stream stream, int byteCount)
    {
        Span<byte> number = stackalloc byte[5];
        int length = 0;
        for (uint left = (uint)byteCount << 1; length == 0 || left != 0; left >>= 7) // zigzag of a number that is not negative
        {
            number[length++] = (byte)((left & 0x7F) | (left > 0x7F ? 0x80u : 0));
        }

        stream.WriteByte(0x15); // field 1, i32
        stream.Write(number[..length]);
        stream.Write([0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0x1C, 0x1C, 0, 0, 0]); // three times struct { 1: struct { } }
    }

    /// <summary>Reads a header and gives the length of the bitset that follows.</summary>
    /// <exception cref="FormatException">There is none, or of another kind.</exception>
    public static int Read(Stream stream)
    {
        var reader = new ThriftCompactReader(stream);
        int byteCount = -1;
        int unions = 0;
        int id = 0;
        for (int type = reader.ReadField(ref id); type != ThriftCompactReader.Stop; type = reader.ReadField(ref id))
        {
            if (id == 1 && type == ThriftCompactReader.Int32)
            {
                byteCount = reader.ReadInt32();
            }
            else if (id is >= 2 and <= 4 && type == ThriftCompactReader.Struct)
            {
                ReadUnion(reader, UnionNames[id - 2]);
                unions |= 1 << id;
            }
            else
            {
                reader.Skip(type);
            }
        }

        if (unions != 0b11100)
        {
            throw new FormatException("The header lacks the algorithm, the hash or the compression.");
        }

        const int BlockBytes = SplitBlock.Bits / 8;
        return byteCount >= BlockBytes && byteCount % BlockBytes == 0
            ? byteCount
            : throw new FormatException($"The header announces {byteCount} bytes, which is not a number of blocks of {BlockBytes}.");
    }

    // All that exist have the number 1: split blocks, XXH64, uncompressed.
    private static void ReadUnion(ThriftCompactReader reader, string name)
    {
        int id = 0;
        int type = reader.ReadField(ref id);
        if (type != ThriftCompactReader.Struct || id != 1)
        {
            throw new FormatException($"The header names {name} {id}; only 1 is known.");
        }

        reader.Skip(type);
        if (reader.ReadField(ref id) != ThriftCompactReader.Stop)
        {
            throw new FormatException($"The header names more than one {name}.");
        }
    }
}
