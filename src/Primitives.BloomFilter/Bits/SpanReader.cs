namespace Primitives;

/// <summary>Reads from memory what is written for streams.</summary>
internal static class SpanReader
{
    /// <summary>Calls a reader with a stream over the bytes, which are neither copied nor kept.</summary>
    public static unsafe T Read<T>(ReadOnlySpan<byte> bytes, Func<Stream, T> read)
    {
        if (bytes.IsEmpty)
        {
            return read(Stream.Null);
        }

        fixed (byte* first = bytes)
        {
            using var stream = new UnmanagedMemoryStream(first, bytes.Length);
            return read(stream);
        }
    }
}
