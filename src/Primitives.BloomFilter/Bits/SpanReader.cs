using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>Reads from memory what is written for streams.</summary>
internal static class SpanReader
{
    /// <summary>Makes something of bytes, or throws <see cref="FormatException"/>.</summary>
    public delegate T Parser<out T>(ReadOnlySpan<byte> bytes);

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

    /// <summary>Turns a parser's exception into a reason.</summary>
    public static bool Try<T>(
        ReadOnlySpan<byte> bytes, Parser<T> parse, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? reason)
        where T : class
    {
        try
        {
            (value, reason) = (parse(bytes), null);
            return true;
        }
        catch (FormatException exception)
        {
            (value, reason) = (null, exception.Message);
            return false;
        }
    }
}
