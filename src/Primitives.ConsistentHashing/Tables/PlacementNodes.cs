using System.Globalization;
using System.Text;

namespace Primitives;

/// <summary>The nodes of a table or of rendezvous hashing, checked and brought into one order.</summary>
internal static class PlacementNodes
{
    // Shares below 1e-200 mean nothing, and within these limits no score or sum can leave the range of a double.
    private const double MinWeight = 1e-100;
    private const double MaxWeight = 1e100;

    /// <summary>Checks the nodes and sorts them by the UTF-8 bytes of their names, so that the order in which they are
    /// given never matters, and is the same in any language.</summary>
    /// <returns>The nodes in order, with those bytes.</returns>
    public static (RingNode<TNode>[] Nodes, byte[][] Names) Sort<TNode>(
        ReadOnlySpan<RingNode<TNode>> nodes, int maxNodes, string parameterName)
        where TNode : notnull
    {
        if (nodes.Length > maxNodes)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{nodes.Length} nodes were given; at most {maxNodes} are allowed."),
                parameterName);
        }

        RingNode<TNode>[] sorted = nodes.ToArray();
        var names = new byte[sorted.Length][];
        for (int i = 0; i < sorted.Length; i++)
        {
            RingNode<TNode> node = sorted[i];
            node.ThrowIfInvalid(parameterName);
            if (node.Weight is < MinWeight or > MaxWeight)
            {
                throw new ArgumentOutOfRangeException(
                    parameterName,
                    node.Weight,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The weight of node \"{node.Name}\" is {node.Weight}; it must lie between {MinWeight} and {MaxWeight}."));
            }

            names[i] = Encoding.UTF8.GetBytes(node.Name);
        }

        Array.Sort(names, sorted, Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y)));
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Name == sorted[i - 1].Name)
            {
                throw new ArgumentException($"Two nodes are named \"{sorted[i].Name}\"; names must be unique.", parameterName);
            }
        }

        return (sorted, names);
    }
}
