namespace Primitives;

/// <summary>Where the first two bytes of a prefix lead in a trie: one look instead of two levels, each of which would have
/// to wait for the one before. Immutable; made from the nodes, not persisted.</summary>
internal sealed class PairTable
{
    private const int Share = 32;

    private readonly short[] _rows = new short[256];    // of the first byte; 0 leads nowhere
    private readonly short[] _columns = new short[256]; // of the second
    private readonly Step[] _steps;
    private readonly int _width;

    private PairTable(ReadOnlySpan<TrieNode> nodes, ReadOnlySpan<byte> labels, int end)
    {
        TrieNode root = nodes[0];
        int width = 1;
        for (int child = root.FirstChild; child < root.FirstChild + root.ChildCount; child++)
        {
            _rows[labels[child]] = (short)(child - root.FirstChild + 1);
            foreach (byte label in LabelsAfterOne(nodes[child], labels))
            {
                _columns[label] = _columns[label] == 0 ? (short)width++ : _columns[label];
            }
        }

        _width = width;
        _steps = new Step[(root.ChildCount + 1) * width];
        for (int row = 1; row <= root.ChildCount; row++)
        {
            int child = root.FirstChild + row - 1;
            int hi = row == root.ChildCount ? end : nodes[child + 1].Lo;
            ReadOnlySpan<byte> next = LabelsAfterOne(nodes[child], labels);
            for (int i = 0; i < next.Length; i++)
            {
                int node = nodes[child].FirstChild + i;
                _steps[(row * width) + _columns[next[i]]] = new Step(node, i + 1 < next.Length ? nodes[node + 1].Lo : hi);
            }
        }
    }

    /// <summary>Makes the table of a trie; <see langword="null"/> if it would take more than a small share of the index's
    /// memory, or its keys have their first byte in common.</summary>
    public static PairTable? Of(IndexData data, int end)
    {
        ReadOnlySpan<TrieNode> nodes = data.Nodes;
        if (nodes.IsEmpty || nodes[0].Depth != 0 || nodes[0].ChildCount == 0)
        {
            return null;
        }

        var table = new PairTable(nodes, data.Labels, end);
        return table._steps.Length * 8L <= data.Bytes.Length / Share ? table : null;
    }

    /// <summary>Finds the node of what two bytes begin, if they lead through two branchings with nothing between.</summary>
    /// <param name="first">The first byte.</param>
    /// <param name="second">The second byte.</param>
    /// <param name="node">The node.</param>
    /// <param name="hi">The end of its entries.</param>
    public bool TryStep(byte first, byte second, out int node, out int hi)
    {
        Step step = _steps[(_rows[first] * _width) + _columns[second]];
        node = step.Node;
        hi = step.Hi;
        return node != 0;
    }

    private static ReadOnlySpan<byte> LabelsAfterOne(in TrieNode node, ReadOnlySpan<byte> labels) =>
        node.Depth == 1 ? labels.Slice(node.FirstChild, node.ChildCount) : [];

    private readonly record struct Step(int Node, int Hi);
}
