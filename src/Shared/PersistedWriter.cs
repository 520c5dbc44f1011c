using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;

namespace Primitives;

/// <summary>Writes a <see cref="PersistedForm"/> to a stream, the payload in as many pieces as its type likes.</summary>
internal sealed class PersistedWriter
{
    private readonly Stream _stream;
    private readonly XxHash3 _checksum = new();
    private long _left;

    /// <summary>Writes the header.</summary>
    public PersistedWriter(Stream stream, PersistedKind kind, long payloadLength)
    {
        _stream = stream;
        _left = payloadLength + PersistedForm.HeaderLength;
        Span<byte> header = stackalloc byte[PersistedForm.HeaderLength];
        PersistedForm.WriteHeader(header, kind, payloadLength);
        Write(header);
    }

    /// <summary>Writes the next piece of the payload.</summary>
    public void Write(ReadOnlySpan<byte> piece)
    {
        _left -= piece.Length;
        _checksum.Append(piece);
        _stream.Write(piece);
    }

    /// <summary>Writes the checksum. The stream stays open.</summary>
    public void Complete()
    {
        Debug.Assert(_left == 0, "The payload has the length that the header announced.");
        Span<byte> checksum = stackalloc byte[PersistedForm.ChecksumLength];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _checksum.GetCurrentHashAsUInt64());
        _stream.Write(checksum);
    }
}
