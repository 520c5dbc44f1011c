using System.Diagnostics;
using System.Globalization;

namespace Primitives;

/// <summary>
/// An immutable consistent-hash ring: every key belongs to one node, and adding or removing a node moves only the keys
/// that it gains or loses. Changes return a new ring; share one among threads with
/// <see cref="HashRingRouter{TNode}"/>.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> A key belongs to the owner of the first point at or after its hash, and past the last point
/// to the owner of the first one. Placement depends on the names and weights of the nodes, not on the order in which
/// they came: rings made in one go and step by step are equal. With <see cref="RingPoints.Standard"/> points, adding a
/// node moves keys to it alone, removing one moves its keys alone, and a change of weight moves keys only to or from
/// the node concerned. Equal points of two nodes belong to the name that is first in ordinal order.</para>
/// <para><b>Cost.</b> A lookup is O(1): two memory reads that depend on each other and one vector comparison, whatever
/// the number of nodes; it allocates nothing. Creating a ring of <c>P</c> points is O(P + n log n). A change is a copy of
/// <c>P</c> points with the few new ones merged in, without hashing or sorting the others, except that the ring is made
/// anew when <c>P</c> passes a point midway between two powers of two. A point takes 11 to 14 bytes; a node takes 2 KB or
/// so at 160 points.</para>
/// <para><b>Accuracy.</b> A node of <c>v</c> points out of many gets its share of the keys with a relative standard
/// deviation of <c>1 / sqrt(v)</c>. <see cref="Statistics"/> gives the exact shares.</para>
/// <para><b>Limits.</b> At most 2^20 points and as many nodes. The hash of a key is not secret: whoever chooses the keys
/// can choose ones of a single node, as with any public placement, but no lookup takes longer for it.</para>
/// <para><b>Thread safety.</b> Immutable.</para>
/// <para><b>Source.</b> D. Karger et al., Consistent Hashing and Random Trees, 1997; preference lists as in G. DeCandia
/// et al., Dynamo, 2007.</para>
/// </remarks>
/// <typeparam name="TNode">What a lookup returns.</typeparam>
/// <example>
/// <code>
/// HashRing&lt;string> ring = HashRing&lt;string>.Create([new("cache-1", "10.0.0.1"), new("cache-2", "10.0.0.2")]);
/// string address = ring.GetNode("user:42");
/// HashRing&lt;string> larger = ring.Add(new("cache-3", "10.0.0.3"));
/// </code>
/// </example>
[DebuggerDisplay("{NodeCount} nodes, {PointCount} points")]
public sealed partial class HashRing<TNode>
    where TNode : notnull
{
    // A node's index in these arrays is its owner number in the table.
    //   I1  _nodes ascends strictly by ordinal name: owner numbers, and with them the order of equal points, follow
    //       from the names alone.
    //   I2  _values[i] is _nodes[i].Value: lookups read these alone, four or more to the cache line of one node.
    //   I3  _counts[i] is how many of the table's points node i owns; it is 0 only under compatible rules.
    private readonly RingNode<TNode>[] _nodes;
    private readonly TNode[] _values;
    private readonly int[] _counts;
    private readonly RingTable _table;
    private readonly bool _hashesWithXxh3; // keeps the virtual call out of the usual lookup

    // Made when first asked for. A race makes one twice, and either is right.
    private RingStatistics<TNode>? _statistics;
    private RingZones? _zones;

    private HashRing(RingNode<TNode>[] nodes, int[] counts, RingTable table, RingPoints points)
    {
        _nodes = nodes;
        _values = Array.ConvertAll(nodes, static node => node.Value);
        _counts = counts;
        _table = table;
        _hashesWithXxh3 = points.KeyHash == RingKeyHash.Xxh3;
        Points = points;
        Members = Array.AsReadOnly(nodes);
        AssertInvariants();
    }

    /// <summary>Gets the nodes, in ordinal order of their names.</summary>
    public IReadOnlyList<RingNode<TNode>> Members { get; }

    /// <summary>Gets the number of nodes.</summary>
    public int NodeCount => _nodes.Length;

    /// <summary>Gets the number of points of all nodes.</summary>
    public int PointCount => _table.Count;

    /// <summary>Gets the rule by which points and keys are placed.</summary>
    public RingPoints Points { get; }

    /// <summary>Gets the exact share of the hashes that each node owns. O(points) when first read, then kept.</summary>
    public RingStatistics<TNode> Statistics => _statistics ??= ComputeStatistics();

    internal RingTable Table => _table;

    /// <summary>Creates a ring with the suite's own points.</summary>
    /// <param name="nodes">The nodes, in any order; none is a ring that is yet to get some.</param>
    /// <param name="virtualNodes">The points of a node of weight 1, from 1 to 2^20; 160 when omitted. A node has
    /// <c>weight * virtualNodes</c> of them, rounded, and at least one.</param>
    /// <returns>The ring.</returns>
    /// <exception cref="ArgumentException">A node is invalid, two have the same name, or all have more than 2^20 points
    /// together.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="virtualNodes"/> is outside its range.</exception>
    public static HashRing<TNode> Create(ReadOnlySpan<RingNode<TNode>> nodes, int virtualNodes = RingPoints.DefaultVirtualNodes) =>
        Create(nodes, RingPoints.Standard(virtualNodes));

    /// <inheritdoc cref="Create(ReadOnlySpan{RingNode{TNode}}, int)"/>
    /// <exception cref="ArgumentNullException"><paramref name="nodes"/> is <see langword="null"/>.</exception>
    public static HashRing<TNode> Create(IEnumerable<RingNode<TNode>> nodes, int virtualNodes = RingPoints.DefaultVirtualNodes) =>
        Create(nodes, RingPoints.Standard(virtualNodes));

    /// <summary>Creates a ring with the points of a given rule, such as <see cref="RingPoints.Ketama"/>.</summary>
    /// <param name="nodes"><inheritdoc cref="Create(ReadOnlySpan{RingNode{TNode}}, int)" path="/param[@name='nodes']"/></param>
    /// <param name="points">Where points are put and how keys are hashed.</param>
    /// <returns>The ring.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="points"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A node is invalid in itself or under this rule, two have the same name or names
    /// that the rule hashes alike, or all have more than 2^20 points together.</exception>
    public static HashRing<TNode> Create(ReadOnlySpan<RingNode<TNode>> nodes, RingPoints points)
    {
        ArgumentNullException.ThrowIfNull(points);
        foreach (RingNode<TNode> node in nodes)
        {
            node.ThrowIfInvalid(nameof(nodes));
        }

        RingNode<TNode>[] sorted = nodes.ToArray();
        Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        var names = new Dictionary<string, string>(sorted.Length, StringComparer.Ordinal);
        foreach (RingNode<TNode> node in sorted)
        {
            string hashed = points.HashedName(node.Name);
            if (!names.TryAdd(hashed, node.Name))
            {
                throw SameName(names[hashed], node.Name, nameof(nodes));
            }
        }

        return Build(sorted, points);
    }

    /// <inheritdoc cref="Create(ReadOnlySpan{RingNode{TNode}}, RingPoints)"/>
    /// <exception cref="ArgumentNullException"><paramref name="nodes"/> is <see langword="null"/>.</exception>
    public static HashRing<TNode> Create(IEnumerable<RingNode<TNode>> nodes, RingPoints points)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return Create([.. nodes], points);
    }

    /// <summary>Tells whether there is a node of this name.</summary>
    /// <param name="name">A node's name.</param>
    /// <returns><see langword="true"/> if it is on the ring.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    public bool Contains(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IndexOf(name) >= 0;
    }

    /// <summary>Makes the ring with one more node.</summary>
    /// <param name="node">The node; its name must be new.</param>
    /// <returns>The new ring; this one is unchanged.</returns>
    /// <exception cref="ArgumentException"><paramref name="node"/> is invalid, its name, or one that the rule hashes alike,
    /// is on the ring already, or the ring would have more than 2^20 points.</exception>
    public HashRing<TNode> Add(RingNode<TNode> node)
    {
        node.ThrowIfInvalid(nameof(node));
        int index = ~IndexOf(node.Name);
        if (index < 0)
        {
            throw new ArgumentException($"There is a node named \"{node.Name}\" already.", nameof(node));
        }

        string hashed = Points.HashedName(node.Name);
        foreach (RingNode<TNode> other in _nodes)
        {
            if (Points.HashedName(other.Name) == hashed)
            {
                throw SameName(other.Name, node.Name, nameof(node));
            }
        }

        RingNode<TNode>[] nodes = [.. _nodes.AsSpan(0, index), node, .. _nodes.AsSpan(index)];
        if (!Points.CountsAreIndependent)
        {
            return Build(nodes, Points);
        }

        double wanted = CountOf(node);
        ThrowIfTooMany(PointCount + wanted, nodes.Length);
        int count = (int)wanted;
        if (!_table.CanBecome(PointCount + count, nodes.Length))
        {
            return Build(nodes, Points);
        }

        int[] counts = [.. _counts.AsSpan(0, index), count, .. _counts.AsSpan(index)];
        return new HashRing<TNode>(nodes, counts, _table.Insert(SortedPoints(node.Name, 0, count), index, isNew: true), Points);
    }

    /// <summary>Makes the ring with one node less.</summary>
    /// <param name="name">The node's name.</param>
    /// <returns>The new ring; this one is unchanged.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No node has this name, or the ring would have more than 2^20 points, which only
    /// Envoy's rule can give to fewer nodes.</exception>
    public HashRing<TNode> Remove(string name)
    {
        int index = RequireIndexOf(name, nameof(name));
        RingNode<TNode>[] nodes = [.. _nodes.AsSpan(0, index), .. _nodes.AsSpan(index + 1)];
        int count = _counts[index];
        if (!Points.CountsAreIndependent || !_table.CanBecome(PointCount - count, nodes.Length))
        {
            return Build(nodes, Points);
        }

        int[] counts = [.. _counts.AsSpan(0, index), .. _counts.AsSpan(index + 1)];
        return new HashRing<TNode>(nodes, counts, _table.Delete(SortedPoints(name, 0, count), index, isLast: true), Points);
    }

    /// <summary>Makes the ring in which one node has another weight.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="weight">The new weight, finite and above 0.</param>
    /// <returns>The new ring; this one is unchanged.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No node has this name, the rule takes whole weights only, or the ring would have
    /// more than 2^20 points.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weight"/> is not finite or not above 0.</exception>
    public HashRing<TNode> SetWeight(string name, double weight)
    {
        int index = RequireIndexOf(name, nameof(name));
        RingNode<TNode>.ThrowIfInvalidWeight(name, weight, nameof(weight));
        return Replace(_nodes[index] with { Weight = weight });
    }

    /// <summary>Makes the ring in which the node of the same name has another value, weight or zone. A node that moves to
    /// another address keeps its keys this way.</summary>
    /// <param name="node">The node as it shall be.</param>
    /// <returns>The new ring; this one is unchanged.</returns>
    /// <exception cref="ArgumentException"><paramref name="node"/> is invalid, no node has its name, or the ring would have
    /// more than 2^20 points.</exception>
    public HashRing<TNode> Replace(RingNode<TNode> node)
    {
        node.ThrowIfInvalid(nameof(node));
        int index = RequireIndexOf(node.Name, nameof(node));
        RingNode<TNode>[] nodes = [.. _nodes];
        nodes[index] = node;
        if (node.Weight == _nodes[index].Weight)
        {
            return new HashRing<TNode>(nodes, _counts, _table, Points);
        }

        if (!Points.CountsAreIndependent)
        {
            return Build(nodes, Points);
        }

        int before = _counts[index];
        double wanted = CountOf(node);
        ThrowIfTooMany(PointCount - before + wanted, nodes.Length);
        int after = (int)wanted;
        if (!_table.CanBecome(PointCount - before + after, nodes.Length))
        {
            return Build(nodes, Points);
        }

        int[] counts = [.. _counts];
        counts[index] = after;
        RingTable table = after >= before
            ? _table.Insert(SortedPoints(node.Name, before, after), index, isNew: false)
            : _table.Delete(SortedPoints(node.Name, after, before), index, isLast: false);
        return new HashRing<TNode>(nodes, counts, table, Points);
    }

    internal int PointsOf(int index) => _counts[index];

    private static HashRing<TNode> Build(RingNode<TNode>[] nodes, RingPoints points)
    {
        double[] wanted = new double[nodes.Length];
        points.Count(Array.ConvertAll(nodes, static node => (node.Name, node.Weight)), wanted);
        double total = 0;
        foreach (double count in wanted)
        {
            total += count;
        }

        ThrowIfTooMany(total, nodes.Length);
        int[] counts = Array.ConvertAll(wanted, static count => (int)count);
        ulong[] placed = GC.AllocateUninitializedArray<ulong>((int)total);
        int next = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            points.Place(nodes[i].Name, placed.AsSpan(next, counts[i]));
            next += counts[i];
        }

        return new HashRing<TNode>(nodes, counts, RingTable.Build(placed, counts), points);
    }

    private static ArgumentException SameName(string first, string second, string parameterName) => new(
        first == second
            ? $"Two nodes are named \"{first}\"."
            : $"The nodes \"{first}\" and \"{second}\" are one to this rule, which hashes their names alike: the second would get no keys.",
        parameterName);

    private static void ThrowIfTooMany(double points, int nodes)
    {
        if (!(points <= RingTable.MaxPoints) || nodes > RingTable.MaxPoints)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The ring would have {points:N0} points and {nodes:N0} nodes; it can have {RingTable.MaxPoints:N0} of either. Lower the weights or the virtual nodes."));
        }
    }

    private double CountOf(RingNode<TNode> node)
    {
        double count = 0;
        Points.Count([(node.Name, node.Weight)], new Span<double>(ref count));
        return count;
    }

    // The points of a node from one number to below another.
    private ulong[] SortedPoints(string name, int from, int until)
    {
        ulong[] points = new ulong[until];
        Points.Place(name, points);
        points = points[from..];
        Array.Sort(points);
        return points;
    }

    private int RequireIndexOf(string name, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(name);
        int index = IndexOf(name);
        return index >= 0 ? index : throw new ArgumentException($"No node is named \"{name}\".", parameterName);
    }

    // The index of a name, or the complement of where it would be.
    private int IndexOf(string name)
    {
        int low = 0;
        int high = _nodes.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = string.CompareOrdinal(_nodes[middle].Name, name);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_table.Count == _counts.Sum(), "I3");
        for (int i = 1; i < _nodes.Length; i++)
        {
            Debug.Assert(string.CompareOrdinal(_nodes[i - 1].Name, _nodes[i].Name) < 0, "I1");
        }
    }
}
