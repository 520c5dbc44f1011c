using System.IO.Compression;

namespace UrlShortener;

/// <summary>Decompresses gzip and insists on its end. <see cref="GZipStream"/> by itself takes a file that was cut in two
/// for a shorter file, and stops in silence before what is no gzip any more.</summary>
internal sealed class WholeGzipStream : ForwardStream
{
    // Behind the last compressed byte stands this text, as a gzip of its own: a gzip may have several members. If the
    // file ends where it should, exactly this comes out last; if not, the bytes are taken for the missing rest, and what
    // comes out, if anything, is something else. GZipStream returns what it has before it asks for more input, so
    // whatever it returns after it was given these bytes was made from them.
    private static readonly byte[] EndMark = [.. "the end of the compressed file"u8];

    private readonly ConcatenatedStream _compressed;
    private readonly GZipStream _gzip;
    private int _endMarkRead;

    public WholeGzipStream(Stream compressed)
    {
        _compressed = new ConcatenatedStream(compressed, Compress(EndMark));
        _gzip = new GZipStream(_compressed, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The data are damaged, cut short, or followed by something else.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = _gzip.Read(buffer);
        while (_compressed.IsInLastPart && read > 0)
        {
            if (!EndMark.AsSpan(_endMarkRead).StartsWith(buffer[..read]))
            {
                throw CutShort();
            }

            _endMarkRead += read;
            read = _gzip.Read(buffer);
        }

        return read > 0 || _endMarkRead == EndMark.Length || buffer.Length == 0 ? read : throw CutShort();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private static MemoryStream Compress(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        compressed.Position = 0;
        return compressed;
    }

    private static InvalidDataException CutShort() => new("The compressed data are cut short, or followed by something else.");
}
