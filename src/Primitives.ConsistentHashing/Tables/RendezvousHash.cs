using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// Rendezvous hashing (highest random weight): every node bids for a key and the best bid wins. The most exact placement
/// there is: shares follow the weights without any table, and a change moves not one key more than it must.
/// Immutable.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> A node of weight <c>w</c> gets <c>w/W</c> of the keys, <c>W</c> being the sum of the weights, up
/// to chance. Adding a node moves keys to it alone, removing one moves its keys alone, raising a weight moves keys to that
/// node alone and lowering it moves keys from it alone. Preference lists change as little: the order of two nodes for a key
/// depends on these two alone. The order in which the nodes are given does not matter, and the choice is the same on every
/// machine.</para>
/// <para><b>Cost.</b> O(nodes) for each lookup: one multiplication or two per node, and a logarithm for the few nodes near
/// the top when weights differ. A list of <c>k</c> nodes takes <c>O(n + k log n log k)</c>. A lookup allocates nothing.
/// Memory is 16 bytes per node besides the nodes themselves. To change the nodes, create a new instance from
/// <see cref="Members"/>.</para>
/// <para><b>Accuracy.</b> The bid is <c>-w / ln(u)</c> with <c>u = (r + 1/2) / 2^64</c> and
/// <c>r = Remix(hash xor name's XXH3)</c>, <see cref="StableHash.Remix"/> being SplitMix64. With equal weights the largest
/// <c>r</c> wins, to the bit. Otherwise <c>u</c> is taken to 40 leading bits, which leaves a relative error below
/// <c>W/w * 2^-40</c> in a share; another program that computes the formula in double precision chooses another node for
/// about one key in <c>10^12 / n</c>.</para>
/// <para><b>Limits.</b> With more than some hundred nodes a ring or <see cref="MaglevTable{TNode}"/> is faster. Two nodes
/// whose names have one XXH3, which names not made for it have with probability 2^-64, bid alike and the second gets
/// nothing while it is not the heavier one.</para>
/// <para><b>Thread safety.</b> Immutable; safe from any thread.</para>
/// <para><b>Source.</b> D. Thaler and C. Ravishankar, Using Name-Based Mappings to Increase Hit Rates, 1998; the weighted
/// bid after C. Schindelhauer and G. Schomaker, Weighted Distributed Hash Tables, 2005 (the logarithmic method), and
/// J. Resch, New Hashing Algorithms for Data Storage, 2015.</para>
/// </remarks>
/// <typeparam name="TNode">What a lookup returns: an address, a client, a shard number.</typeparam>
/// <example>
/// <code>
/// var stores = RendezvousHash&lt;string&gt;.Create([new("a", "10.0.0.1"), new("b", "10.0.0.2", Weight: 2.5)]);
/// string store = stores.GetNode("user:42");
/// </code>
/// </example>
[DebuggerDisplay("{NodeCount} nodes")]
public sealed partial class RendezvousHash<TNode>
    where TNode : notnull
{
    private const int MaxNodes = 1 << 20;

    // A node's draw for a key is Remix(hash ^ seed), a bijection of the hash, so draws tie only if seeds are equal; its
    // score is the logarithm of the draw over the weight, an exponential variate of rate w, and the least score wins.
    // Scores of equal weights are in the order of the draws because DrawLog is monotonic, which is why equal weights need
    // no logarithm and why it makes no difference to the other nodes when one of them gets another weight.
    // Invariants, i being the place of a node in the order of the UTF-8 bytes of the names:
    //   I1  _seeds[i] is the XXH3 of the name, and _values[i] is Members[i].Value.
    //   I2  _inverseWeights[i] is 1 / weight, rounded; the array is empty if all weights are equal.
    private readonly ulong[] _seeds;
    private readonly double[] _inverseWeights;
    private readonly TNode[] _values;
    private readonly RingZones _zones;

    private RendezvousHash(ReadOnlySpan<RingNode<TNode>> nodes)
    {
        (RingNode<TNode>[] sorted, byte[][] names) = PlacementNodes.Sort(nodes, MaxNodes, nameof(nodes));
        Members = Array.AsReadOnly(sorted);
        _values = Array.ConvertAll(sorted, static node => node.Value);
        _seeds = Array.ConvertAll(names, static name => StableHash.Compute(name));
        _inverseWeights = Array.TrueForAll(sorted, node => node.Weight == sorted[0].Weight)
            ? []
            : Array.ConvertAll(sorted, static node => 1 / node.Weight);

        int[] ones = new int[sorted.Length];
        Array.Fill(ones, 1);
        _zones = new RingZones(Array.ConvertAll(sorted, static node => node.Zone), ones);
    }

    /// <summary>Gets the nodes, in the order of the UTF-8 bytes of their names.</summary>
    public IReadOnlyList<RingNode<TNode>> Members { get; }

    /// <summary>Gets the number of nodes.</summary>
    public int NodeCount => _values.Length;

    /// <summary>Creates an instance.</summary>
    /// <param name="nodes">The nodes, in any order; up to 2^20, and none is allowed. Names must be unique, weights between
    /// 1e-100 and 1e100.</param>
    /// <returns>The instance.</returns>
    /// <exception cref="ArgumentException">A name is empty, not well-formed or given twice, a value is
    /// <see langword="null"/>, or there are too many nodes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A weight is outside its range.</exception>
    public static RendezvousHash<TNode> Create(ReadOnlySpan<RingNode<TNode>> nodes) => new(nodes);

    /// <inheritdoc cref="Create(ReadOnlySpan{RingNode{TNode}})"/>
    /// <exception cref="ArgumentNullException"><paramref name="nodes"/> is <see langword="null"/>.</exception>
    public static RendezvousHash<TNode> Create(IEnumerable<RingNode<TNode>> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return new([.. nodes]);
    }

    /// <summary>Finds the node of a key given as bytes.</summary>
    /// <param name="key">The key; any number of bytes. Hashed by <see cref="StableHash"/>.</param>
    /// <returns>The value of the node that owns the key.</returns>
    /// <exception cref="InvalidOperationException">There are no nodes.</exception>
    public TNode GetNode(ReadOnlySpan<byte> key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Finds the node of a key given as text, hashed as its UTF-8.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(ReadOnlySpan<char> key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Finds the node of a key given as an integer.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(long key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Finds the node of a key given as an integer. For a value that already is a hash, use
    /// <see cref="GetNodeByHash"/>.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(ulong key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Finds the node of a key given as a GUID.</summary>
    /// <inheritdoc cref="GetNode(ReadOnlySpan{byte})"/>
    public TNode GetNode(Guid key) => GetNodeByHash(StableHash.Compute(key));

    /// <summary>Finds the node of a key whose hash is ready.</summary>
    /// <param name="hash">The hash of the key. Any value; it is mixed again, so a counter will do.</param>
    /// <returns>The value of the node that owns the hash.</returns>
    /// <exception cref="InvalidOperationException">There are no nodes.</exception>
    public TNode GetNodeByHash(ulong hash)
    {
        if (_values.Length == 0)
        {
            ThrowEmpty();
        }

        return _values[Winner(hash)];
    }

    /// <summary>Finds the node of a key given as bytes, if there are any nodes.</summary>
    /// <param name="key">The key; any number of bytes. Hashed by <see cref="StableHash"/>.</param>
    /// <param name="node">The value of the node that owns the key.</param>
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

    /// <summary>Finds the node of a key whose hash is ready, if there are any nodes.</summary>
    /// <param name="hash"><inheritdoc cref="GetNodeByHash" path="/param[@name='hash']"/></param>
    /// <param name="node">The value of the node that owns the hash.</param>
    /// <returns><see langword="false"/> if there are no nodes.</returns>
    public bool TryGetNodeByHash(ulong hash, [MaybeNullWhen(false)] out TNode node)
    {
        if (_values.Length == 0)
        {
            node = default;
            return false;
        }

        node = _values[Winner(hash)];
        return true;
    }

    [DoesNotReturn]
    private static void ThrowEmpty() => throw new InvalidOperationException("There are no nodes.");

    private int Winner(ulong hash) => _inverseWeights.Length == 0 ? WinnerOfEquals(hash) : WinnerByWeight(hash);

    private int WinnerOfEquals(ulong hash)
    {
        ulong[] seeds = _seeds;
        int winner = 0;
        ulong best = 0;
        for (int i = 0; i < seeds.Length; i++)
        {
            ulong draw = StableHash.Remix(hash ^ seeds[i]);
            if (draw > best)
            {
                best = draw;
                winner = i;
            }
        }

        return winner;
    }

    private int WinnerByWeight(ulong hash)
    {
        ulong[] seeds = _seeds;
        double[] inverseWeights = _inverseWeights;
        var best = new RendezvousCandidate(Later: false, double.PositiveInfinity, 0, 0);
        for (int i = 0; i < seeds.Length && i < inverseWeights.Length; i++)
        {
            ulong draw = StableHash.Remix(hash ^ seeds[i]);
            double inverseWeight = inverseWeights[i];

            // Multiplication rounds monotonically, so a bound above the best score means a score above it. Of n nodes
            // about ln n get past this.
            if (DrawLog.AtMostMinusLog(draw) * inverseWeight <= best.Score)
            {
                var candidate = new RendezvousCandidate(Later: false, DrawLog.MinusLog(draw) * inverseWeight, draw, i);
                if (candidate.Precedes(best))
                {
                    best = candidate;
                }
            }
        }

        return best.Index;
    }
}
