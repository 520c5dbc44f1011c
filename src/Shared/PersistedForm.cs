using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace Primitives;

/// <summary>
/// The envelope round everything the suite persists. A type describes its payload only; what is around it, and the
/// refusal of bytes that are not it, is here. <see cref="PersistedWriter"/> and <see cref="PersistedReader"/> are the
/// same over streams, for payloads beyond the 2 GB of a span.
/// </summary>
/// <remarks>
/// All numbers are little-endian:
/// <code>
/// offset      size  field
/// 0           4     magic, the characters PRIM
/// 4           2     version of the envelope, 1
/// 6           2     kind, <see cref="PersistedKind"/>
/// 8           8     n, the length of the payload
/// 16          n     payload
/// 16 + n      8     XXH3-64 with seed 0 of the 16 + n bytes before
/// </code>
/// Types name their public members alike: <c>PersistedLength</c>; to write <c>ToBytes()</c>,
/// <c>TryWriteBytes(Span, out int)</c> and <c>WriteTo(Stream)</c>; to read <c>FromBytes</c> and <c>ReadFrom(Stream)</c>,
/// which throw <see cref="FormatException"/>, and <c>TryFromBytes(bytes, out value, out reason)</c>.
/// </remarks>
internal static class PersistedForm
{
    /// <summary>The bytes before the payload.</summary>
    public const int HeaderLength = 16;

    /// <summary>The bytes after the payload.</summary>
    public const int ChecksumLength = sizeof(ulong);

    /// <summary>The bytes that are not payload.</summary>
    public const int Overhead = HeaderLength + ChecksumLength;

    private const uint Magic = 0x4D495250;
    private const ushort Version = 1;

    /// <summary>Finds the payload. Nothing is allocated or copied, whatever the bytes claim.</summary>
    /// <param name="bytes">The whole form, no more and no less.</param>
    /// <param name="kind">What is expected.</param>
    /// <param name="payload">The payload, proved whole by the checksum; empty on refusal.</param>
    /// <param name="reason">On refusal, what is wrong, as a sentence for a <see cref="FormatException"/>.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> bytes, PersistedKind kind, out ReadOnlySpan<byte> payload, [NotNullWhen(false)] out string? reason)
    {
        payload = default;
        if (bytes.Length < Overhead)
        {
            reason = $"A persisted {kind} has at least {Overhead} bytes; there are {bytes.Length}.";
            return false;
        }

        if (!TryReadHeader(bytes, kind, out long length, out reason))
        {
            return false;
        }

        if (length != bytes.Length - Overhead)
        {
            reason = $"The header announces a payload of {length} bytes; there are {bytes.Length - Overhead}.";
            return false;
        }

        ReadOnlySpan<byte> summed = bytes[..^ChecksumLength];
        if (!ChecksumMatches(XxHash3.HashToUInt64(summed), bytes[^ChecksumLength..], out reason))
        {
            return false;
        }

        payload = summed[HeaderLength..];
        return true;
    }

    /// <summary>Writes the header and gives the part of <paramref name="form"/> that takes the payload;
    /// <see cref="Seal"/> completes the form.</summary>
    /// <param name="form">Exactly payload + <see cref="Overhead"/> bytes.</param>
    /// <param name="kind">What the payload is.</param>
    public static Span<byte> Begin(Span<byte> form, PersistedKind kind)
    {
        WriteHeader(form, kind, form.Length - Overhead);
        return form[HeaderLength..^ChecksumLength];
    }

    /// <summary>Writes the checksum behind a payload that is complete.</summary>
    /// <param name="form">The same bytes as given to <see cref="Begin"/>.</param>
    public static void Seal(Span<byte> form) =>
        BinaryPrimitives.WriteUInt64LittleEndian(form[^ChecksumLength..], XxHash3.HashToUInt64(form[..^ChecksumLength]));

    /// <summary>Writes the first <see cref="HeaderLength"/> bytes.</summary>
    public static void WriteHeader(Span<byte> header, PersistedKind kind, long payloadLength)
    {
        Debug.Assert(payloadLength >= 0, "A payload has a length.");
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)kind);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], payloadLength);
    }

    /// <summary>Checks the first <see cref="HeaderLength"/> bytes.</summary>
    public static bool TryReadHeader(
        ReadOnlySpan<byte> header, PersistedKind kind, out long payloadLength, [NotNullWhen(false)] out string? reason)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        ushort actualKind = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        payloadLength = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        reason =
            magic != Magic ? "The bytes do not begin with PRIM: this is nothing that Primitives persisted."
            : version != Version ? $"The form has version {version}; this release reads version {Version}."
            : actualKind != (ushort)kind ? $"The bytes hold a {(PersistedKind)actualKind}; a {kind} was asked for."
            : payloadLength < 0 ? $"The header announces a payload of {payloadLength} bytes."
            : null;
        return reason is null;
    }

    /// <summary>Compares a computed checksum with the one at the end of the form.</summary>
    public static bool ChecksumMatches(ulong computed, ReadOnlySpan<byte> stored, [NotNullWhen(false)] out string? reason)
    {
        ulong expected = BinaryPrimitives.ReadUInt64LittleEndian(stored);
        reason = computed == expected ? null : $"The checksum is {computed:x16}; the form says {expected:x16}: the bytes are damaged.";
        return reason is null;
    }
}
