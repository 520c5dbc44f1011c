namespace Primitives;

/// <summary>Reads just enough of Thrift's compact protocol to understand a small header and to skip what it does not
/// know.</summary>
/// <remarks><b>Source.</b> Apache Thrift, doc/specs/thrift-compact-protocol.md.</remarks>
internal sealed class ThriftCompactReader(Stream stream)
{
    public const int Stop = 0;
    public const int Int32 = 5;
    public const int Struct = 12;

    private const int True = 1;
    private const int False = 2;
    private const int Byte = 3;
    private const int Int64 = 6;
    private const int Double = 7;
    private const int Binary = 8;
    private const int List = 9;
    private const int Set = 10;
    private const int Map = 11;

    // Headers are some 15 bytes; this bounds what a hostile one can make us read.
    private const int MaxBytes = 4_096;
    private const int MaxDepth = 16;

    private int _read;

    /// <summary>Reads a field's header, and tells its type; <see cref="Stop"/> at the end of a struct.</summary>
    /// <param name="id">The last field's number, 0 before the first; becomes this one's.</param>
    public int ReadField(ref int id)
    {
        int head = ReadByte();
        int type = head & 0x0F;
        if (type != Stop)
        {
            int delta = head >> 4;
            id = delta != 0 ? id + delta : ReadInt32();
        }

        return type;
    }

    /// <summary>Reads a number of 32 bits.</summary>
    public int ReadInt32()
    {
        ulong zigzag = ReadVariable();
        return (int)(zigzag >> 1) ^ -(int)(zigzag & 1);
    }

    /// <summary>Reads past a value of any type.</summary>
    public void Skip(int type, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException("The header is nested too deeply.");
        }

        switch (type)
        {
            case True or False:
                return;
            case Byte:
                ReadByte();
                return;
            case Int32 or Int64 or (> Byte and < Int32):
                ReadVariable();
                return;
            case Double:
                SkipBytes(sizeof(double));
                return;
            case Binary:
                SkipBytes(ReadVariable());
                return;
            case List or Set:
                SkipList(depth);
                return;
            case Map:
                SkipMap(depth);
                return;
            case Struct:
                int id = 0;
                for (int field = ReadField(ref id); field != Stop; field = ReadField(ref id))
                {
                    Skip(field, depth + 1);
                }

                return;
            default:
                throw new FormatException($"The header has a field of type {type}, which Thrift does not have.");
        }
    }

    private void SkipList(int depth)
    {
        int head = ReadByte();
        ulong count = head >> 4 == 15 ? ReadVariable() : (ulong)(head >> 4);
        for (ulong i = 0; i < count; i++)
        {
            SkipElement(head & 0x0F, depth);
        }
    }

    private void SkipMap(int depth)
    {
        ulong count = ReadVariable();
        int types = count == 0 ? 0 : ReadByte();
        for (ulong i = 0; i < count; i++)
        {
            SkipElement(types >> 4, depth);
            SkipElement(types & 0x0F, depth);
        }
    }

    // Inside a collection a boolean is a byte; in a struct it is in the field's header. So every element takes at least
    // a byte, and the limit on bytes ends every loop, but for the empty struct, whose end is a byte too.
    private void SkipElement(int type, int depth) => Skip(type is True or False ? Byte : type, depth + 1);

    private void SkipBytes(ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            ReadByte();
        }
    }

    private ulong ReadVariable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }

        throw new FormatException("The header has a number of more than ten bytes.");
    }

    private int ReadByte()
    {
        if (++_read > MaxBytes)
        {
            throw new FormatException($"The header has more than {MaxBytes} bytes.");
        }

        int value = stream.ReadByte();
        return value >= 0 ? value : throw new FormatException("The stream ends within the header.");
    }
}
