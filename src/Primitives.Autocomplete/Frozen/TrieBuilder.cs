using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>Divides sorted keys into a radix trie and gives each inner node the list of its best terms.</summary>
internal readonly ref struct TrieBuilder
{
    private readonly TermKeys _keys;
    private readonly ReadOnlySpan<long> _ranks; // of the terms
    private readonly int _listLength;
    private readonly int _bucketSize;
    private readonly List<TrieNode> _nodes = [];
    private readonly List<byte> _labels = [];
    private readonly List<int> _ends = []; // of the nodes' intervals

    public TrieBuilder(TermKeys keys, ReadOnlySpan<long> ranks, IndexSettings settings)
    {
        _keys = keys;
        _ranks = ranks;
        _listLength = settings.CachedResults;
        _bucketSize = settings.BucketSize;
    }

    public ReadOnlySpan<TrieNode> Nodes => CollectionsMarshal.AsSpan(_nodes);

    public ReadOnlySpan<byte> Labels => CollectionsMarshal.AsSpan(_labels);

    /// <summary>Builds the nodes, level by level, so that siblings are neighbours and children follow their parents.
    /// </summary>
    /// <returns>The lists, each of the same length, filled up with -1.</returns>
    public int[] Build()
    {
        Add(label: 0, lo: 0, end: _keys.Count);
        int lists = 0;
        for (int node = 0; node < _nodes.Count; node++)
        {
            Divide(node, ref lists);
        }

        int[] best = new int[checked(lists * _listLength)];
        Array.Fill(best, -1);
        for (int node = _nodes.Count - 1; node >= 0; node--)
        {
            if (_nodes[node].List >= 0)
            {
                Rank(node, best);
            }
        }

        return best;
    }

    /// <summary>Looks up the ranks of listed terms.</summary>
    public static void Look(ReadOnlySpan<long> ranks, ReadOnlySpan<int> lists, Span<long> found)
    {
        for (int i = 0; i < lists.Length; i++)
        {
            found[i] = lists[i] < 0 ? 0 : ranks[lists[i]];
        }
    }

    /// <summary>Puts the terms of each bucket in order.</summary>
    /// <param name="order">Takes them as <see cref="IndexLayout"/> says: one number a term, 0 by now; empty with word
    /// starts.</param>
    public void Order(Span<ushort> order)
    {
        for (int node = 0; node < _nodes.Count && !order.IsEmpty; node++)
        {
            if (_nodes[node].List < 0)
            {
                Order(order[_nodes[node].Lo.._ends[node]], _nodes[node].Lo, _nodes[node].Depth);
            }
        }
    }

    private void Order(Span<ushort> order, int lo, int depth)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int position = i;
            for (; position > 0 && _ranks[lo + (byte)order[position - 1]] < _ranks[lo + i]; position--)
            {
                order[position] = order[position - 1];
            }

            ReadOnlySpan<byte> key = _keys.Key(lo + i);
            order[position] = (ushort)(i | ((key.Length == depth ? byte.MaxValue : key[depth]) << 8));
        }
    }

    private void Add(byte label, int lo, int end)
    {
        _nodes.Add(new TrieNode { Lo = lo, List = -1 });
        _labels.Add(label);
        _ends.Add(end);
    }

    private void Divide(int index, ref int lists)
    {
        TrieNode node = _nodes[index];
        int end = _ends[index];
        if (node.Lo == end)
        {
            return; // the root of an index without terms
        }

        int depth = _keys.Key(node.Lo).CommonPrefixLength(_keys.Key(end - 1));
        node.Depth = (ushort)depth;
        if (end - node.Lo > _bucketSize)
        {
            node.List = lists++;
            node.FirstChild = _nodes.Count;
            int lo = node.Lo;
            while (lo < end && _keys.Key(lo).Length == depth)
            {
                lo++;
            }

            while (lo < end)
            {
                byte label = _keys.Key(lo)[depth];
                int next = EndOfLabel(lo, end, depth, label);
                Add(label, lo, next);
                lo = next;
                node.ChildCount++;
            }
        }

        _nodes[index] = node;
    }

    // Doubling steps, then halving: most children are much smaller than their parent.
    private int EndOfLabel(int lo, int end, int depth, byte label)
    {
        int step = 1;
        int inside = lo;
        while (inside + step < end && _keys.Key(inside + step)[depth] == label)
        {
            inside += step;
            step *= 2;
        }

        int outside = Math.Min(inside + step, end);
        while (outside - inside > 1)
        {
            int middle = inside + ((outside - inside) / 2);
            if (_keys.Key(middle)[depth] == label)
            {
                inside = middle;
            }
            else
            {
                outside = middle;
            }
        }

        return outside;
    }

    private void Rank(int index, Span<int> best)
    {
        TrieNode node = _nodes[index];
        Span<int> list = best.Slice(node.List * _listLength, _listLength);
        OfferEntries(list, node.Lo, node.ChildCount == 0 ? _ends[index] : _nodes[node.FirstChild].Lo);
        for (int child = node.FirstChild; child < node.FirstChild + node.ChildCount; child++)
        {
            if (_nodes[child].List < 0)
            {
                OfferEntries(list, _nodes[child].Lo, _ends[child]);
                continue;
            }

            foreach (int term in best.Slice(_nodes[child].List * _listLength, _listLength))
            {
                if (term < 0 || !Offer(list, term))
                {
                    break; // what follows ranks lower still
                }
            }
        }
    }

    private void OfferEntries(Span<int> list, int lo, int end)
    {
        for (int entry = lo; entry < end; entry++)
        {
            Offer(list, _keys.Term(entry));
        }
    }

    /// <returns>Whether a term after this one could still be taken.</returns>
    private bool Offer(Span<int> list, int term)
    {
        int position = list.Length;
        while (position > 0 && (list[position - 1] < 0 || IsBefore(term, list[position - 1])))
        {
            position--;
        }

        if (position > 0 && list[position - 1] == term)
        {
            return true; // there already, by another of its words
        }

        if (position == list.Length)
        {
            return false;
        }

        list[position..^1].CopyTo(list[(position + 1)..]);
        list[position] = term;
        return true;
    }

    private bool IsBefore(int term, int other) =>
        _ranks[term] > _ranks[other] || (_ranks[term] == _ranks[other] && term < other);
}
