using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Primitives;

// Every form of key, in three questions: which node, which node if any, which nodes in order of preference.
public sealed partial class HashRing<TNode>
{
    /// <summary>Finds the node of a key given as bytes.</summary>
    /// <param name="key">The key; any number of bytes.</param>
    /// <returns>The value of the node that owns the key.</returns>
    /// <exception cref="InvalidOperationException">The ring has no nodes.</exception>
    public TNode GetNode(ReadOnlySpan<byte> key) => GetNodeByHash(HashOf(key));

    /// <summary>Finds the node of a key given as text, hashed as its UTF-8.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    /// <param name="key">The key; any length. An unpaired surrogate counts as U+FFFD.</param>
    public TNode GetNode(ReadOnlySpan<char> key) => GetNodeByHash(HashOf(key));

    /// <summary>Finds the node of a key given as an integer, hashed as its 8 little-endian bytes.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    /// <param name="key">The key. Smaller integer types convert and give the same node.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TNode GetNode(long key) => GetNodeByHash(HashOf(key));

    /// <summary>Finds the node of a key given as an integer, hashed as its 8 little-endian bytes. For a hash that is
    /// ready, use <see cref="GetNodeByHash"/>.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    /// <param name="key">The key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TNode GetNode(ulong key) => GetNodeByHash(HashOf(key));

    /// <summary>Finds the node of a key given as a GUID, hashed as its 16 big-endian bytes.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    /// <param name="key">The key.</param>
    public TNode GetNode(Guid key) => GetNodeByHash(HashOf(key));

    /// <summary>Finds the node that owns a ready hash. The hash is not mixed: a plain number is no hash, and all small
    /// ones belong to one node; see <see cref="GetNode(ulong)"/> for those.</summary>
    /// <param name="hash">What <c>HashOf</c> gives: uniform over 64 bits. Where the rule's hash has 32 bits, the upper
    /// half holds it and the lower half does not matter.</param>
    /// <returns>The value of the node that owns the hash.</returns>
    /// <exception cref="InvalidOperationException">The ring has no nodes.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TNode GetNodeByHash(ulong hash)
    {
        nuint owner = _table.OwnerOf(hash); // throws if the ring is empty; otherwise a node by I2
        return Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_values), owner);
    }

    /// <summary>Finds the node of a key given as bytes, if the ring has any.</summary>
    /// <param name="key">The key; any number of bytes.</param>
    /// <param name="node">The value of the node that owns the key.</param>
    /// <returns><see langword="false"/> if the ring has no nodes.</returns>
    public bool TryGetNode(ReadOnlySpan<byte> key, [MaybeNullWhen(false)] out TNode node) => TryGetNodeByHash(HashOf(key), out node);

    /// <summary>Finds the node of a key given as text, hashed as its UTF-8, if the ring has any.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    /// <param name="key"><inheritdoc cref="GetNode(ReadOnlySpan{char})" path="/param[@name='key']"/></param>
    /// <param name="node"><inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)" path="/param[@name='node']"/></param>
    public bool TryGetNode(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TNode node) => TryGetNodeByHash(HashOf(key), out node);

    /// <summary>Finds the node of a key given as an integer, if the ring has any.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    /// <param name="key"><inheritdoc cref="GetNode(long)" path="/param[@name='key']"/></param>
    /// <param name="node"><inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)" path="/param[@name='node']"/></param>
    public bool TryGetNode(long key, [MaybeNullWhen(false)] out TNode node) => TryGetNodeByHash(HashOf(key), out node);

    /// <summary>Finds the node of a key given as an integer, if the ring has any.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    /// <param name="key"><inheritdoc cref="GetNode(ulong)" path="/param[@name='key']"/></param>
    /// <param name="node"><inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)" path="/param[@name='node']"/></param>
    public bool TryGetNode(ulong key, [MaybeNullWhen(false)] out TNode node) => TryGetNodeByHash(HashOf(key), out node);

    /// <summary>Finds the node of a key given as a GUID, if the ring has any.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    /// <param name="key"><inheritdoc cref="GetNode(Guid)" path="/param[@name='key']"/></param>
    /// <param name="node"><inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)" path="/param[@name='node']"/></param>
    public bool TryGetNode(Guid key, [MaybeNullWhen(false)] out TNode node) => TryGetNodeByHash(HashOf(key), out node);

    /// <summary>Finds the node that owns a ready hash, if the ring has any.</summary>
    /// <param name="hash"><inheritdoc cref="GetNodeByHash" path="/param[@name='hash']"/></param>
    /// <param name="node">The value of the node that owns the hash.</param>
    /// <returns><see langword="false"/> if the ring has no nodes.</returns>
    public bool TryGetNodeByHash(ulong hash, [MaybeNullWhen(false)] out TNode node)
    {
        bool found = _values.Length > 0;
        node = found ? GetNodeByHash(hash) : default;
        return found;
    }

    /// <summary>Hashes a key as this ring does, to hash once and look up often, or to look the key up in a
    /// <see cref="RingDiff{TNode}"/>.</summary>
    /// <param name="key">The key; any number of bytes.</param>
    /// <returns>The hash to give to <see cref="GetNodeByHash"/>.</returns>
    public ulong HashOf(ReadOnlySpan<byte> key) => _hashesWithXxh3 ? StableHash.Compute(key) : Points.Hash(key);

    /// <inheritdoc cref="HashOf(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="GetNode(ReadOnlySpan{char})" path="/param[@name='key']"/></param>
    public ulong HashOf(ReadOnlySpan<char> key) => _hashesWithXxh3 ? StableHash.Compute(key) : Points.Hash(key);

    /// <inheritdoc cref="HashOf(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="GetNode(long)" path="/param[@name='key']"/></param>
    public ulong HashOf(long key) => HashOf(unchecked((ulong)key));

    /// <inheritdoc cref="HashOf(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="GetNode(ulong)" path="/param[@name='key']"/></param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong HashOf(ulong key) => _hashesWithXxh3 ? StableHash.Compute(key) : Points.Hash(key);

    /// <inheritdoc cref="HashOf(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="GetNode(Guid)" path="/param[@name='key']"/></param>
    public ulong HashOf(Guid key) => _hashesWithXxh3 ? StableHash.Compute(key) : Points.Hash(key);
}
