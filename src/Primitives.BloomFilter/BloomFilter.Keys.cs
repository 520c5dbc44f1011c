using System.Runtime.CompilerServices;

namespace Primitives;

public sealed partial class BloomFilter
{
    /// <summary>Adds a key given as bytes.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="true"/> if the key was certainly not in the filter before; <see langword="false"/> if it
    /// was, or if it was a false positive. With several threads adding one key at once, more than one may be told
    /// <see langword="true"/>.</returns>
    public bool Add(ReadOnlySpan<byte> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as text, as its UTF-8 bytes.</summary>
    /// <param name="key">The key; any length, empty included. Not normalised.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ReadOnlySpan<char> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as an integer; smaller integer types convert to it and are the same key.</summary>
    /// <param name="key">Any value. A negative one is the same key as the <see cref="ulong"/> with its bits.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(long key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as an unsigned integer.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(ulong key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as a GUID.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(Guid key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as its hash.</summary>
    /// <param name="hash">A hash all of whose 64 bits are random, such as <see cref="StableHash"/> gives, in which case
    /// this is the same as adding the key. A counter or a <c>GetHashCode</c> is not one, and breaks the rate.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool AddHash(ulong hash)
    {
        nint first = _firstBlock;
        bool isNew = first == 0 ? AddClassic(hash)
            : _singleWriter ? SplitBlock.AddAlone(first, _blocks, hash)
            : SplitBlock.Add(first, _blocks, hash);
        GC.KeepAlive(this);
        return isNew;
    }

    /// <summary>Tells whether a key, given as bytes, may have been added.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="false"/> if the key was certainly not added; <see langword="true"/> if it was, or by
    /// chance.</returns>
    public bool Contains(ReadOnlySpan<byte> key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as text, may have been added.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ReadOnlySpan<char> key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as an integer, may have been added.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(long key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as an unsigned integer, may have been added.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(ulong key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as a GUID, may have been added.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(Guid key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as its hash, may have been added.</summary>
    /// <param name="hash">The hash that was, or would have been, given to <see cref="AddHash"/>.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ContainsHash(ulong hash)
    {
        nint first = _firstBlock;
        if (first == 0)
        {
            return ContainsClassic(hash);
        }

        // With constants returned, a caller that branches on the answer branches on the vector test itself. ContainsMany
        // does without.
        if (SplitBlock.Contains(first, _blocks, hash))
        {
            GC.KeepAlive(this);
            return true;
        }

        GC.KeepAlive(this);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // into the split-block path, whose callers it would burden
    private bool AddClassic(ulong hash)
    {
        bool isNew = false;
        var probes = new ProbeSequence(hash);
        for (int i = 0; i < HashCount; i++)
        {
            ulong bit = probes.Next((ulong)BitCount);
            ref ulong word = ref _bits.Word(bit / BitTable.WordBits);
            ulong mask = 1UL << (int)(bit % BitTable.WordBits);
            isNew |= _singleWriter ? BitTable.SetAlone(ref word, mask) : BitTable.SetShared(ref word, mask);
        }

        return isNew;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ContainsClassic(ulong hash)
    {
        var probes = new ProbeSequence(hash);
        for (int i = 0; i < HashCount; i++)
        {
            ulong bit = probes.Next((ulong)BitCount);
            if ((Volatile.Read(ref _bits.Word(bit / BitTable.WordBits)) & (1UL << (int)(bit % BitTable.WordBits))) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
