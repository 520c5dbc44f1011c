namespace Primitives.Evaluation;

/// <summary>A ring, and beside it the same points searched as a user would: a sorted array with
/// <see cref="Array.BinarySearch{T}(T[], T)"/>, and a <see cref="SortedDictionary{TKey, TValue}"/> that is scanned. Each
/// body performs a number of lookups, for <see cref="Ratio"/>.</summary>
internal sealed class RingRival
{
    private readonly HashRing<int> _ring;
    private readonly ulong[] _points;
    private readonly int[] _owners;
    private readonly int[] _values;
    private readonly SortedDictionary<ulong, int> _sorted = [];

    public RingRival(int nodes)
    {
        _ring = HashRing<int>.Create([.. Enumerable.Range(0, nodes).Select(i => new RingNode<int>($"node-{i}", i))]);
        _values = [.. _ring.Members.Select(node => node.Value)];
        (_points, _owners) = Place(_ring.Members);
        for (int i = 0; i < _points.Length; i++)
        {
            _sorted[_points[i]] = _values[_owners[i]];
        }
    }

    /// <summary>Makes the ring of nodes and one more as textbooks do: places all points, and sorts them.</summary>
    public static int Rebuild(IReadOnlyList<RingNode<int>> nodes, RingNode<int> added) => Place([.. nodes, added]).Points.Length;

    private static (ulong[] Points, int[] Owners) Place(IReadOnlyList<RingNode<int>> nodes)
    {
        var points = new ulong[nodes.Count * RingPoints.DefaultVirtualNodes];
        var owners = new int[points.Length];
        int next = 0;
        for (int node = 0; node < nodes.Count; node++)
        {
            // The documented rule: SplitMix64 from XXH3 of the name.
            ulong state = StableHash.Compute(nodes[node].Name);
            for (int i = 0; i < RingPoints.DefaultVirtualNodes; i++)
            {
                points[next] = StableHash.Remix(state);
                owners[next++] = node;
                state += 0x9E3779B97F4A7C15;
            }
        }

        Array.Sort(points, owners);
        return (points, owners);
    }

    /// <summary>Counts the hashes for which the ring and its two rivals do not all agree; anything but 0 means that they
    /// are not doing the same work.</summary>
    public int Disagreements(int hashes)
    {
        int disagreements = 0;
        ulong hash = 0;
        for (int i = 0; i < hashes; i++)
        {
            hash = NextHash(hash);
            int node = _ring.GetNodeByHash(hash);
            disagreements += node == Search(hash) && node == Scan(hash) ? 0 : 1;
        }

        return disagreements;
    }

    public long RingByHash(int n)
    {
        long sum = 0;
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash);
            sum += _ring.GetNodeByHash(hash);
        }

        return sum;
    }

    public long SearchByHash(int n)
    {
        long sum = 0;
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash);
            sum += Search(hash);
        }

        return sum;
    }

    public long ScanByHash(int n)
    {
        long sum = 0;
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash);
            sum += Scan(hash);
        }

        return sum;
    }

    public long RingByKey(int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += _ring.GetNode((ulong)i);
        }

        return sum;
    }

    public long SearchByKey(int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += Search(StableHash.Compute((ulong)i));
        }

        return sum;
    }

    /// <summary>Lookups of which each has to wait for the one before: its hash depends on the node found.</summary>
    public long RingChain(int n)
    {
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash + (uint)_ring.GetNodeByHash(hash));
        }

        return (long)hash;
    }

    /// <inheritdoc cref="RingChain"/>
    public long SearchChain(int n)
    {
        ulong hash = (ulong)n;
        for (int i = 0; i < n; i++)
        {
            hash = NextHash(hash + (uint)Search(hash));
        }

        return (long)hash;
    }

    // Hashes that cost one multiplication and that no cache or branch predictor learns; the high bits are random.
    private static ulong NextHash(ulong hash) => unchecked((hash * 6364136223846793005) + 1442695040888963407);

    private int Search(ulong hash)
    {
        int index = Array.BinarySearch(_points, hash);
        index = index < 0 ? ~index : index;
        return _values[_owners[index < _points.Length ? index : 0]];
    }

    // The textbook's "first key that is not below the hash", by enumeration: the class has no other way to it.
    private int Scan(ulong hash)
    {
        foreach ((ulong point, int value) in _sorted)
        {
            if (point >= hash)
            {
                return value;
            }
        }

        return _values[_owners[0]];
    }
}
