using System.IO.Hashing;

namespace Primitives;

/// <summary>
/// Reads a <see cref="PersistedForm"/> from a stream, whose position ends right behind it. What was read may be used
/// only once <see cref="Complete"/> has returned: the checksum comes last.
/// </summary>
internal sealed class PersistedReader
{
    // Read and summed in pieces that stay in the cache from the one to the other.
    private const int PieceLength = 1 << 17;

    private readonly Stream _stream;
    private readonly XxHash3 _checksum = new();

    /// <summary>Reads and checks the header, and that a seekable stream is as long as the header announces.</summary>
    /// <exception cref="FormatException">The stream does not hold a <paramref name="kind"/>.</exception>
    public PersistedReader(Stream stream, PersistedKind kind)
    {
        _stream = stream;
        Span<byte> header = stackalloc byte[PersistedForm.HeaderLength];
        Read(header);
        if (!PersistedForm.TryReadHeader(header, kind, out long length, out string? reason))
        {
            throw new FormatException(reason);
        }

        if (stream.CanSeek)
        {
            long present = stream.Length - stream.Position - PersistedForm.ChecksumLength;
            if (present < length)
            {
                throw new FormatException($"The header announces a payload of {length} bytes; the stream has {Math.Max(present, 0)}.");
            }

            IsLengthProven = true;
        }

        Left = length;
    }

    /// <summary>Gets the bytes of the payload not yet read.</summary>
    public long Left { get; private set; }

    /// <summary>Gets whether the announced bytes are known to exist. If not, memory for them may only be allocated as
    /// they arrive: a header of 24 bytes must not be able to ask for gigabytes.</summary>
    public bool IsLengthProven { get; }

    /// <summary>Reads the next bytes of the payload.</summary>
    /// <exception cref="FormatException">The payload, or the stream, has fewer.</exception>
    public void ReadExactly(Span<byte> destination)
    {
        if (destination.Length > Left)
        {
            throw new FormatException($"The payload ends {destination.Length - Left} bytes early.");
        }

        Left -= destination.Length;
        while (!destination.IsEmpty)
        {
            Span<byte> piece = destination[..Math.Min(PieceLength, destination.Length)];
            Read(piece);
            destination = destination[piece.Length..];
        }
    }

    /// <summary>Reads the whole payload of a type whose payloads are small, and completes.</summary>
    /// <param name="atMost">The longest payload the type has, which bounds what is allocated.</param>
    /// <exception cref="FormatException">It is longer, or the stream is shorter, or the checksum differs.</exception>
    public byte[] ReadToEnd(int atMost)
    {
        if (Left > atMost)
        {
            throw new FormatException($"The header announces a payload of {Left} bytes; at most {atMost} are possible.");
        }

        byte[] payload = new byte[Left];
        ReadExactly(payload);
        Complete();
        return payload;
    }

    /// <summary>Checks that the payload was read to its end, and the checksum behind it.</summary>
    /// <exception cref="FormatException">Bytes are left over, or the checksum differs.</exception>
    public void Complete()
    {
        if (Left != 0)
        {
            throw new FormatException($"{Left} bytes follow the last field of the payload.");
        }

        ulong computed = _checksum.GetCurrentHashAsUInt64();
        Span<byte> stored = stackalloc byte[PersistedForm.ChecksumLength];
        Read(stored);
        if (!PersistedForm.ChecksumMatches(computed, stored, out string? reason))
        {
            throw new FormatException(reason);
        }
    }

    private void Read(Span<byte> piece)
    {
        int read = _stream.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
        if (read < piece.Length)
        {
            throw new FormatException($"The stream ends {piece.Length - read} bytes early.");
        }

        _checksum.Append(piece);
    }
}
