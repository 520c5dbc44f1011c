using System.IO.Hashing;
using System.Text;

namespace Primitives.Tests;

/// <summary>Envoy's rule as it is told: every node is asked in every round, and weights are skipped by rounds.</summary>
internal static class MaglevReference
{
    /// <summary>Gives the name of the node in every slot.</summary>
    public static string[] Fill<TNode>(IEnumerable<RingNode<TNode>> nodes, int size)
        where TNode : notnull
    {
        Node[] entries =
        [
            .. nodes
                .Select(node => new Node(node.Name, Encoding.UTF8.GetBytes(node.Name), node.Weight))
                .OrderBy(node => node.Bytes, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y))),
        ];
        double sum = entries.Sum(entry => entry.Weight);
        double largest = entries.Max(entry => entry.Weight / sum);
        var table = new string[size];
        int filled = 0;
        for (int round = 1; filled < size; round++)
        {
            foreach (Node entry in entries)
            {
                if (filled == size || round * (entry.Weight / sum) < entry.Target)
                {
                    continue;
                }

                entry.Target += largest;
                while (table[entry.Slot(size)] is not null)
                {
                    entry.Tried++;
                }

                table[entry.Slot(size)] = entry.Name;
                filled++;
            }
        }

        return table;
    }

    private sealed class Node(string name, byte[] bytes, double weight)
    {
        private readonly ulong _offset = XxHash64.HashToUInt64(bytes);
        private readonly ulong _skip = XxHash64.HashToUInt64(bytes, 1);

        public string Name => name;

        public byte[] Bytes => bytes;

        public double Weight => weight;

        public double Target { get; set; }

        public ulong Tried { get; set; }

        public ulong Slot(int size)
        {
            var prime = (ulong)size;
            return ((_offset % prime) + (((_skip % (prime - 1)) + 1) * Tried)) % prime;
        }
    }
}
