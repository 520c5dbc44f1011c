using System.Buffers;

namespace Primitives;

// Preference lists: the distinct nodes that come first after a hash.
public sealed partial class HashRing<TNode>
{
    private const int BitsPerWord = 64;
    private const int StackWords = 128; // 8,192 nodes

    /// <summary>Lists the nodes that should hold a key given as bytes: its owner first, then the next distinct ones in ring
    /// order, which take over in this order when those before are gone.</summary>
    /// <remarks>
    /// <para><b>Guarantee.</b> No node is listed twice, and the first is that of <c>GetNode</c>. With
    /// <see cref="ReplicaSpread.Nodes"/> and points that do not depend on the other nodes, removing a node from the ring
    /// takes it out of the lists and leaves the others in their order.</para>
    /// <para><b>Cost.</b> A walk over as many points as it takes to meet the nodes: hardly more than their number where few of
    /// many are wanted, <c>n ln n</c> or so for all <c>n</c>; clears a bit for every node of the ring; allocates nothing, but
    /// for the zones' numbers when a ring is first asked to spread over them, and a pooled buffer above 8,192
    /// nodes.</para>
    /// </remarks>
    /// <param name="key">The key; any number of bytes.</param>
    /// <param name="destination">Gets the values of the nodes; its length is how many are wanted.</param>
    /// <param name="spread">Whether the first nodes shall be of different zones.</param>
    /// <returns>How many were written: fewer than wanted only when the ring has no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="spread"/> is not one of the named values.</exception>
    public int GetNodes(ReadOnlySpan<byte> key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(HashOf(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as text, hashed as its UTF-8.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    /// <param name="key"><inheritdoc cref="GetNode(ReadOnlySpan{char})" path="/param[@name='key']"/></param>
    /// <param name="destination"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='destination']"/></param>
    /// <param name="spread"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='spread']"/></param>
    public int GetNodes(ReadOnlySpan<char> key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(HashOf(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as an integer.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    /// <param name="key"><inheritdoc cref="GetNode(long)" path="/param[@name='key']"/></param>
    /// <param name="destination"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='destination']"/></param>
    /// <param name="spread"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='spread']"/></param>
    public int GetNodes(long key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(HashOf(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as an integer.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    /// <param name="key"><inheritdoc cref="GetNode(ulong)" path="/param[@name='key']"/></param>
    /// <param name="destination"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='destination']"/></param>
    /// <param name="spread"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='spread']"/></param>
    public int GetNodes(ulong key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(HashOf(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as a GUID.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    /// <param name="key"><inheritdoc cref="GetNode(Guid)" path="/param[@name='key']"/></param>
    /// <param name="destination"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='destination']"/></param>
    /// <param name="spread"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='spread']"/></param>
    public int GetNodes(Guid key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(HashOf(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key whose hash is ready.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    /// <param name="hash"><inheritdoc cref="GetNodeByHash" path="/param[@name='hash']"/></param>
    /// <param name="destination"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='destination']"/></param>
    /// <param name="spread"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='spread']"/></param>
    public int GetNodesByHash(ulong hash, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes)
    {
        if (spread is not (ReplicaSpread.Nodes or ReplicaSpread.Zones))
        {
            throw new ArgumentOutOfRangeException(nameof(spread), spread, "There is no such spread.");
        }

        if (destination.IsEmpty || _nodes.Length == 0)
        {
            return 0;
        }

        destination = destination[..Math.Min(destination.Length, _nodes.Length)];
        int words = ((_nodes.Length - 1) / BitsPerWord) + 1;
        ulong[]? rented = words > StackWords ? ArrayPool<ulong>.Shared.Rent(2 * words) : null;
        Span<ulong> bits = rented is null ? stackalloc ulong[2 * words] : rented.AsSpan(0, 2 * words);
        bits.Clear();

        int start = _table.Find(hash);
        Span<ulong> taken = bits[..words];
        int written = spread == ReplicaSpread.Zones ? TakeOneOfEachZone(start, destination, taken, bits[words..]) : 0;
        written = TakeInOrder(start, destination, written, taken);
        if (rented is not null)
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }

        return written;
    }

    private int TakeOneOfEachZone(int start, Span<TNode> destination, Span<ulong> taken, Span<ulong> seen)
    {
        RingZones zones = _zones ??= new RingZones(Array.ConvertAll(_nodes, static node => node.Zone), _counts);
        int wanted = Math.Min(destination.Length, zones.Count);
        int written = 0;
        for (int i = start; written < wanted; i++)
        {
            i = i < _table.Count ? i : 0;
            int owner = _table.OwnerAt(i);
            if (Mark(seen, zones.Of(owner)))
            {
                Mark(taken, owner);
                destination[written++] = _values[owner];
            }
        }

        return written;
    }

    private int TakeInOrder(int start, Span<TNode> destination, int written, Span<ulong> taken)
    {
        int i = start;
        for (int left = _table.Count; left > 0 && written < destination.Length; left--, i++)
        {
            i = i < _table.Count ? i : 0;
            int owner = _table.OwnerAt(i);
            if (Mark(taken, owner))
            {
                destination[written++] = _values[owner];
            }
        }

        return written;
    }

    // Sets a bit; false if it was set.
    private static bool Mark(Span<ulong> bits, int index)
    {
        ref ulong word = ref bits[index / BitsPerWord];
        ulong bit = 1UL << (index % BitsPerWord);
        bool isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }
}
