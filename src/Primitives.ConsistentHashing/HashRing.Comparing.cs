using System.Diagnostics;

namespace Primitives;

// Sums over the arcs of one ring, and the differences between two.
public sealed partial class HashRing<TNode>
{
    /// <summary>Computes which hashes change owner from this ring to another: what to copy before the other is put to
    /// use. Nodes are the same if their names are.</summary>
    /// <param name="next">The ring that is to follow. It may have another number of virtual nodes or another rule, as long
    /// as keys are hashed alike.</param>
    /// <returns>The ranges that move.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="next"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="next"/> hashes keys by another function, so that equal hashes are
    /// not equal keys, or has no nodes.</exception>
    /// <exception cref="InvalidOperationException">This ring has no nodes, so nothing to move.</exception>
    public RingDiff<TNode> Diff(HashRing<TNode> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (_nodes.Length == 0)
        {
            throw new InvalidOperationException("The ring has no nodes.");
        }

        if (next._nodes.Length == 0)
        {
            throw new ArgumentException("The next ring has no nodes to move anything to.", nameof(next));
        }

        if (next.Points.KeyHash != Points.KeyHash)
        {
            throw new ArgumentException("The next ring hashes keys by another function.", nameof(next));
        }

        int[] counterparts = Array.ConvertAll(_nodes, node => next.IndexOf(node.Name));
        List<RingMove<TNode>> moves = [];
        var mine = new ArcReader(_table);
        var theirs = new ArcReader(next._table);
        ulong start = 0;
        while (true)
        {
            ulong end = Math.Min(mine.End, theirs.End);
            if (counterparts[mine.Owner] != theirs.Owner)
            {
                Append(moves, new RingMove<TNode>(_nodes[mine.Owner], next._nodes[theirs.Owner], start, end));
            }

            if (end == ulong.MaxValue)
            {
                return new RingDiff<TNode>([.. moves]);
            }

            mine.PassOver(end);
            theirs.PassOver(end);
            start = end + 1;
        }
    }

    private static void Append(List<RingMove<TNode>> moves, RingMove<TNode> move)
    {
        // By name: the nodes' values need not have a cheap equality.
        if (moves.Count > 0 && moves[^1] is var last
            && last.End + 1 == move.Start && last.From.Name == move.From.Name && last.To.Name == move.To.Name)
        {
            moves[^1] = last with { End = move.End };
            return;
        }

        moves.Add(move);
    }

    private RingStatistics<TNode> ComputeStatistics()
    {
        if (_nodes.Length == 0)
        {
            return new RingStatistics<TNode>([]);
        }

        var arcs = new UInt128[_nodes.Length]; // one node alone owns 2^64 hashes
        var arc = new ArcReader(_table);
        ulong start = 0;
        while (true)
        {
            arcs[arc.Owner] += (UInt128)(arc.End - start) + 1;
            if (arc.End == ulong.MaxValue)
            {
                break;
            }

            start = arc.End + 1;
            arc.PassOver(arc.End);
        }

        double weights = _nodes.Sum(static node => node.Weight);
        var shares = new RingShare<TNode>[_nodes.Length];
        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = new RingShare<TNode>(
                _nodes[i], _counts[i], (double)arcs[i] / RingDiff<TNode>.AllHashes, _nodes[i].Weight / weights);
        }

        return new RingStatistics<TNode>(shares);
    }

    /// <summary>Reads the arcs of a table in ascending order of hashes: up to each point, then from the last point on,
    /// which is the first owner's again.</summary>
    private struct ArcReader
    {
        private readonly int _firstOwner;
        private RingTable.Enumerator _points;

        public ArcReader(RingTable table)
        {
            Debug.Assert(table.Count > 0, "An empty ring has no arcs.");
            _firstOwner = table.OwnerAt(0);
            _points = table.GetEnumerator();
            Next();
        }

        /// <summary>Gets the last hash of the arc.</summary>
        public ulong End { get; private set; }

        public int Owner { get; private set; }

        /// <summary>Moves to the arc that holds the hash after a given one.</summary>
        public void PassOver(ulong hash)
        {
            while (End <= hash) // of equal points the first one owns the arc; those after it own nothing
            {
                Next();
            }
        }

        private void Next()
        {
            (End, Owner) = _points.MoveNext() ? _points.Current : (ulong.MaxValue, _firstOwner);
        }
    }
}
