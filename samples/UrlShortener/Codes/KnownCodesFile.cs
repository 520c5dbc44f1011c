using System.Buffers.Binary;
using Primitives;

namespace UrlShortener;

/// <summary>The file that keeps <see cref="KnownCodes"/> from one start to the next: whose codes, of which links,
/// and the filter. It may be deleted at any time.</summary>
internal sealed class KnownCodesFile(string path, byte[] codeKey)
{
    private const int HeaderLength = 3 * sizeof(ulong);

    private readonly ulong _folderId = StableHash.Compute(codeKey);

    /// <summary>Reads the filter; <see langword="null"/> if there is none, or not this folder's, or not whole.</summary>
    public (ScalableBloomFilter Filter, LinkState Links)? Load()
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderLength];
            file.ReadExactly(header);
            return BinaryPrimitives.ReadUInt64LittleEndian(header) == _folderId
                ? (ScalableBloomFilter.ReadFrom(file), new LinkState(
                    BinaryPrimitives.ReadInt64LittleEndian(header[sizeof(ulong)..]),
                    BinaryPrimitives.ReadInt64LittleEndian(header[(2 * sizeof(ulong))..])))
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return null; // what it would have saved is read from the database instead
        }
    }

    /// <summary>Replaces the file: by the new one as a whole, or not at all.</summary>
    public void Save(ScalableBloomFilter filter, LinkState links)
    {
        string temporary = path + ".new";
        using (FileStream file = File.Create(temporary))
        {
            Span<byte> header = stackalloc byte[HeaderLength];
            BinaryPrimitives.WriteUInt64LittleEndian(header, _folderId);
            BinaryPrimitives.WriteInt64LittleEndian(header[sizeof(ulong)..], links.Count);
            BinaryPrimitives.WriteInt64LittleEndian(header[(2 * sizeof(ulong))..], links.GreatestId);
            file.Write(header);
            filter.WriteTo(file);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
