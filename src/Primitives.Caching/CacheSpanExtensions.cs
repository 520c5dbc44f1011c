using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>Lookups in caches with text keys by a span of text, without making a string of it.</summary>
public static class CacheSpanExtensions
{
    /// <summary>Finds the value of a key given as a span, and counts as a use of it. Allocates nothing.</summary>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is a live one.</param>
    /// <returns><see langword="false"/> if there is none, or the key is known to be missing.</returns>
    /// <exception cref="NotSupportedException">The cache's comparer cannot compare a string with a span.</exception>
    public static bool TryGet<TValue>(
        this LfuCache<string, TValue> cache, ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(cache);
        return cache.TryGetSpan(key, out value);
    }

    /// <inheritdoc cref="TryGet{TValue}(LfuCache{string, TValue}, ReadOnlySpan{char}, out TValue)"/>
    public static bool TryGet<TValue>(
        this LruCache<string, TValue> cache, ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(cache);
        return cache.TryGetSpan(key, out value);
    }
}
