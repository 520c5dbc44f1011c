using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Primitives;

/// <summary>
/// Maglev consistent hashing: an immutable lookup table that finds a key's node in constant time, however many nodes
/// there are, and spreads the keys more evenly than any ring. Slot for slot the table of Envoy.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Of <c>M</c> slots, a node of weight <c>w</c> among <c>n</c> nodes of total weight <c>W</c> has
/// more than <c>(M - n) * w/W - 1</c> and fewer than <c>M * w/W + 2</c>, and at least one. With equal weights, slot counts
/// differ by at most one. The table depends on names, weights and size alone, not on the order of the nodes.</para>
/// <para><b>Cost.</b> A lookup hashes the key, multiplies twice and reads two arrays; it allocates nothing. Memory is 2
/// bytes per slot, 128 KiB by default, plus the nodes. Building takes <c>O(M log M)</c>, about 3 ms by default; there is no
/// cheaper way to change a table, so build a new one and swap the reference.</para>
/// <para><b>Limits.</b> Not exact when nodes change: besides the keys that must move, some move between nodes that stay.
/// At the default size, removing one node of equal weight moves <c>1/n</c> of the keys plus 0.2 % of them (of 10 nodes) to
/// 0.6 % (of 100 or 1,000); a larger table moves fewer. Where a needless move is dear, as with stored data, use a ring or
/// <see cref="RendezvousHash{TNode}"/>. No lists of replicas. Choose at least 100 slots per node, or shares will be
/// coarse.</para>
/// <para><b>Thread safety.</b> Immutable; safe from any thread.</para>
/// <para><b>Source.</b> D. Eisenbud and others, Maglev: A Fast and Reliable Software Network Load Balancer, NSDI 2016,
/// section 3.4, with the hashes (XXH64 of the name, seeds 0 and 1), the order and the weights of Envoy's load
/// balancer.</para>
/// </remarks>
/// <typeparam name="TNode">What a lookup returns: an address, a client, a shard number.</typeparam>
/// <example>
/// <code>
/// var table = MaglevTable&lt;Uri&gt;.Create([new("cache-a", uriA), new("cache-b", uriB, Weight: 2)]);
/// Uri cache = table.GetNode("user:42");
/// </code>
/// </example>
[DebuggerDisplay("{NodeCount} nodes, {TableSize} slots")]
public sealed class MaglevTable<TNode>
    where TNode : notnull
{
    private const int DefaultTableSize = 65_537;
    private const int MaxTableSize = 5_000_011;
    private const int MaxNodes = 65_536; // what two bytes can number

    // slot(hash) = hash mod TableSize, and the key's node is _values[_slots[slot]]. The remainder is taken without a
    // division. With s = _shift and M = TableSize, _reciprocal is floor(2^(64 + s) / M), so that
    //
    //     q(hash) = floor(hash * _reciprocal / 2^(64 + s))
    //
    // is the quotient or one too small: hash / M - hash * _reciprocal / 2^(64 + s) is at least 0 and below 2^-s. As M is
    // at most 2^(s + 1), hash - q * M is then below M + 2, and the two slots beyond M put a quotient that is one too
    // small right; correcting it would take a branch that cannot be predicted.
    // Invariants:
    //   I1  _slots has M + 2 elements, each below _values.Length, and the last two equal the first two; without nodes it
    //       is empty.
    //   I2  _values[i] is Members[i].Value, and the members' names ascend by their UTF-8 bytes.
    private readonly ushort[] _slots;
    private readonly TNode[] _values;
    private readonly ulong _reciprocal;
    private readonly int _shift;

    private MaglevTable(ReadOnlySpan<RingNode<TNode>> nodes, int tableSize)
    {
        if (tableSize is < 2 or > MaxTableSize || !IsPrime(tableSize))
        {
            throw new ArgumentOutOfRangeException(
                nameof(tableSize),
                tableSize,
                string.Create(CultureInfo.InvariantCulture, $"The table size must be a prime number from 2 to {MaxTableSize}."));
        }

        if (nodes.Length > tableSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(tableSize),
                tableSize,
                string.Create(CultureInfo.InvariantCulture, $"A table for {nodes.Length} nodes needs at least as many slots; take 100 times as many or more."));
        }

        (RingNode<TNode>[] sorted, byte[][] names) = PlacementNodes.Sort(nodes, MaxNodes, nameof(nodes));
        Members = Array.AsReadOnly(sorted);
        TableSize = tableSize;
        _values = Array.ConvertAll(sorted, static node => node.Value);
        _slots = MaglevBuilder.Build(names, Array.ConvertAll(sorted, static node => node.Weight), tableSize);
        _slots = _slots.Length == 0 ? _slots : [.. _slots, _slots[0], _slots[1]];
        _shift = BitOperations.Log2((uint)tableSize - 1);
        _reciprocal = (ulong)((UInt128.One << (64 + _shift)) / (uint)tableSize);
    }

    /// <summary>Gets the nodes, in the order of the UTF-8 bytes of their names.</summary>
    public IReadOnlyList<RingNode<TNode>> Members { get; }

    /// <summary>Gets the number of nodes.</summary>
    public int NodeCount => _values.Length;

    /// <summary>Gets the number of slots.</summary>
    public int TableSize { get; }

    /// <summary>Builds a table.</summary>
    /// <param name="nodes">The nodes, in any order; up to 65,536, and none is allowed. Names must be unique, weights
    /// between 1e-100 and 1e100. Zones are not used.</param>
    /// <param name="tableSize">The number of slots: a prime from 2 to 5,000,011, and no fewer than there are nodes.
    /// 65,537 when omitted, which is good for up to some 600 nodes.</param>
    /// <returns>The table.</returns>
    /// <exception cref="ArgumentException">A name is empty, not well-formed or given twice, a value is
    /// <see langword="null"/>, or there are too many nodes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A weight or <paramref name="tableSize"/> is outside its range, or
    /// the size is not a prime or below the number of nodes.</exception>
    public static MaglevTable<TNode> Create(ReadOnlySpan<RingNode<TNode>> nodes, int tableSize = DefaultTableSize) =>
        new(nodes, tableSize);

    /// <inheritdoc cref="Create(ReadOnlySpan{RingNode{TNode}}, int)"/>
    /// <exception cref="ArgumentNullException"><paramref name="nodes"/> is <see langword="null"/>.</exception>
    public static MaglevTable<TNode> Create(IEnumerable<RingNode<TNode>> nodes, int tableSize = DefaultTableSize)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return new([.. nodes], tableSize);
    }

    /// <summary>Gives the node of a key of bytes.</summary>
    /// <param name="key">The key; hashed by <see cref="StableHash"/>.</param>
    /// <returns>The value of the node.</returns>
    /// <exception cref="InvalidOperationException">There are no nodes.</exception>
    public TNode GetNode(ReadOnlySpan<byte> key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Gives the node of a key of text, hashed as its UTF-8 bytes.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(ReadOnlySpan<char> key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Gives the node of an integer key, hashed as its 8 little-endian bytes.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(long key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Gives the node of an unsigned integer key. For a value that already is a hash, use
    /// <see cref="GetNodeByHash"/>.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(ulong key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Gives the node of a GUID key, hashed as its 16 big-endian bytes.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(Guid key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Gives the node of a key that is hashed already. The XXH64 of a request's key gives Envoy's choice.
    /// </summary>
    /// <param name="hash">The key's hash. Any value; its slot is the remainder modulo <see cref="TableSize"/>.</param>
    /// <returns>The value of the node.</returns>
    /// <exception cref="InvalidOperationException">There are no nodes.</exception>
    public TNode GetNodeByHash(ulong hash)
    {
        ushort[] slots = _slots;
        uint slot = SlotOf(hash);
        if (slot >= (uint)slots.Length)
        {
            ThrowEmpty(); // every slot is there, unless none is
        }

        return _values[slots[slot]];
    }

    /// <summary>Finds the node of a key given as bytes, if there are any nodes.</summary>
    /// <param name="key"><inheritdoc cref="GetNode(ReadOnlySpan{byte})" path="/param[@name='key']"/></param>
    /// <param name="node">The value of the node.</param>
    /// <returns><see langword="false"/> if there are no nodes.</returns>
    public bool TryGetNode(ReadOnlySpan<byte> key, [MaybeNullWhen(false)] out TNode node) =>
        TryGetNodeByHash(StableHash.Compute(key), out node);

    /// <summary>Finds the node of a key given as text, hashed as its UTF-8, if there are any nodes.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    public bool TryGetNode(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TNode node) =>
        TryGetNodeByHash(StableHash.Compute(key), out node);

    /// <summary>Finds the node of a key given as an integer, if there are any nodes.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    public bool TryGetNode(long key, [MaybeNullWhen(false)] out TNode node) =>
        TryGetNodeByHash(StableHash.Compute(key), out node);

    /// <summary>Finds the node of a key given as an integer, if there are any nodes.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    public bool TryGetNode(ulong key, [MaybeNullWhen(false)] out TNode node) =>
        TryGetNodeByHash(StableHash.Compute(key), out node);

    /// <summary>Finds the node of a key given as a GUID, if there are any nodes.</summary>
    /// <inheritdoc cref="TryGetNode(ReadOnlySpan{byte}, out TNode)"/>
    public bool TryGetNode(Guid key, [MaybeNullWhen(false)] out TNode node) =>
        TryGetNodeByHash(StableHash.Compute(key), out node);

    /// <summary>Finds the node of a ready hash, if there are any nodes.</summary>
    /// <param name="hash"><inheritdoc cref="GetNodeByHash" path="/param[@name='hash']"/></param>
    /// <param name="node">The value of the node.</param>
    /// <returns><see langword="false"/> if there are no nodes.</returns>
    public bool TryGetNodeByHash(ulong hash, [MaybeNullWhen(false)] out TNode node)
    {
        ushort[] slots = _slots;
        uint slot = SlotOf(hash);
        if (slot >= (uint)slots.Length)
        {
            node = default;
            return false;
        }

        node = _values[slots[slot]];
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint SlotOf(ulong hash)
    {
        // Math.BigMul stores the lower half to memory even where nobody wants it. 32 bits hold the difference, so 32 bits
        // of its parts will do.
        ulong product = Bmi2.X64.IsSupported
            ? Bmi2.X64.MultiplyNoFlags(hash, _reciprocal)
            : Math.BigMul(hash, _reciprocal, out _);
        uint quotient = (uint)(product >> _shift);
        return (uint)hash - (quotient * (uint)TableSize);
    }

    [DoesNotReturn]
    private static void ThrowEmpty() => throw new InvalidOperationException("The table has no nodes.");

    private static bool IsPrime(int number)
    {
        for (int divisor = 2; divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0)
            {
                return false;
            }
        }

        return true;
    }
}
