namespace Primitives;

public sealed partial class CountingBloomFilter
{
    /// <summary>Adds a key given as bytes, once more if it is there.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="true"/> if the key was certainly not in the filter before; <see langword="false"/> if it
    /// was, or if it was a false positive.</returns>
    public bool Add(ReadOnlySpan<byte> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as text, as its UTF-8 bytes.</summary>
    /// <param name="key">The key; any length, empty included. Not normalised.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ReadOnlySpan<char> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as an integer; smaller integer types convert to it and are the same key.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(long key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as an unsigned integer.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ulong key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as a GUID.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(Guid key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as its hash.</summary>
    /// <param name="hash">A hash as for <see cref="BloomFilter.AddHash"/>.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool AddHash(ulong hash)
    {
        long block = IndexOf(hash);
        lock (_locks[block % _locks.Length])
        {
            return CounterBlock.Add(ref Block(block), (uint)hash);
        }
    }

    /// <summary>Removes a key given as bytes, once, if the filter reports it present.</summary>
    /// <param name="key">A key that was added, and not removed as often since: see the remarks of the type.</param>
    /// <returns><see langword="false"/> if the key was certainly not in the filter, which is unchanged then.</returns>
    public bool Remove(ReadOnlySpan<byte> key) => RemoveHash(StableHash.Compute(key));

    /// <summary>Removes a key given as text.</summary>
    /// <param name="key"><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/param[@name='key']"/></param>
    /// <returns><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Remove(ReadOnlySpan<char> key) => RemoveHash(StableHash.Compute(key));

    /// <summary>Removes a key given as an integer.</summary>
    /// <param name="key"><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/param[@name='key']"/></param>
    /// <returns><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Remove(long key) => RemoveHash(StableHash.Compute(key));

    /// <summary>Removes a key given as an unsigned integer.</summary>
    /// <param name="key"><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/param[@name='key']"/></param>
    /// <returns><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Remove(ulong key) => RemoveHash(StableHash.Compute(key));

    /// <summary>Removes a key given as a GUID.</summary>
    /// <param name="key"><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/param[@name='key']"/></param>
    /// <returns><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Remove(Guid key) => RemoveHash(StableHash.Compute(key));

    /// <summary>Removes a key given as its hash.</summary>
    /// <param name="hash">The hash that was given to <see cref="AddHash"/>.</param>
    /// <returns><inheritdoc cref="Remove(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool RemoveHash(ulong hash)
    {
        long block = IndexOf(hash);
        lock (_locks[block % _locks.Length])
        {
            return CounterBlock.Remove(ref Block(block), (uint)hash);
        }
    }

    /// <summary>Tells whether a key, given as bytes, may be in the filter.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="false"/> if the key is certainly not in the filter; <see langword="true"/> if it is, or
    /// by chance.</returns>
    public bool Contains(ReadOnlySpan<byte> key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as text, may be in the filter.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ReadOnlySpan<char> key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as an integer, may be in the filter.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(long key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as an unsigned integer, may be in the filter.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ulong key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as a GUID, may be in the filter.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(Guid key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as its hash, may be in the filter.</summary>
    /// <param name="hash">The hash that was, or would have been, given to <see cref="AddHash"/>.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool ContainsHash(ulong hash) => CounterBlock.Contains(ref Block(IndexOf(hash)), (uint)hash);

    private long IndexOf(ulong hash) => (long)HighProduct.Of(hash, (ulong)Blocks);
}
