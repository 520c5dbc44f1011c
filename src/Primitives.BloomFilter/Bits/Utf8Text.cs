using System.Buffers;
using System.Text;

namespace Primitives;

/// <summary>UTF-8 for the hash functions of other libraries; <see cref="StableHash"/> has its own way.</summary>
internal static class Utf8Text
{
    private const int StackBytes = 512;

    /// <summary>Calls a hash function with the UTF-8 bytes of a text, on the stack if they are few.</summary>
    /// <param name="text">The text.</param>
    /// <param name="utf8">UTF-8, with what it makes of a surrogate that has no partner.</param>
    /// <param name="hash">The hash function.</param>
    public static THash Use<THash>(ReadOnlySpan<char> text, Encoding utf8, Func<ReadOnlySpan<byte>, THash> hash)
    {
        int longest = utf8.GetMaxByteCount(text.Length);
        byte[]? rented = longest > StackBytes ? ArrayPool<byte>.Shared.Rent(longest) : null;
        Span<byte> bytes = rented ?? stackalloc byte[StackBytes];
        THash result = hash(bytes[..utf8.GetBytes(text, bytes)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return result;
    }
}
